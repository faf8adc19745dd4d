title = 주소와 프레임
lead = 두 프로세스가 같은 주소에 글을 씁니다. 글은 RAM의 같은 자리에 들어갈까요?

same =
    [Word](window:word)의 문서는 어떤 주소에 있고, 그 주소는 RAM의 어느 [프레임](frames:word)에 놓여 있습니다. 창 아래쪽에 둘 다 적혀 있습니다.

    Word를 하나 더 시작합시다. 같은 프로그램이니 문서를 두는 주소도 똑같이 정할 것입니다.
same-bet = 두 번째 Word에 글을 쓰면, 그 문서의 주소와 프레임은 첫 번째 것과 견주어 어떨까요?
same-bet-both = 주소도 같고 프레임도 같다
same-bet-frame = 주소는 같고 프레임은 다르다
same-bet-address = 주소부터 다르다
same-do = [Word](launcher)를 하나 더 시작하고, 그 창에 글을 조금 쓰세요.
same-hint = 새 창을 고르고 아무 글이나 치세요. 글을 써야 프레임이 생깁니다.
same-done = 첫 번째 Word의 문서는 { $a1 }, 프레임 { $f1 }번입니다. 두 번째 Word의 문서는 { $a2 }, 프레임 { $f2 }번입니다. 프로그램이 부르는 주소는 RAM의 자리가 아닙니다. 그래서 *가상 주소(virtual address)*라고 합니다.
same-deeper =
    진짜 리눅스에서는 실행할 때마다 주소를 일부러 흩어 놓습니다(ASLR). 그래서 두 프로세스의 주소가 우연히 같기는 어렵습니다. 이 컴퓨터에는 그 기능이 없어서 같은 주소를 볼 수 있습니다.

    매뉴얼: proc_pid_maps(5), personality(2). 리눅스에서 보려면: `setarch -R cat /proc/self/maps`를 두 번

table =
    주소를 프레임으로 바꿔 주는 것은 CPU 안의 *MMU*입니다. MMU는 *페이지 테이블(page table)*이라는 표를 보고 바꿉니다. 표는 프로세스마다 따로 있고, 커널이 RAM에 적어 둡니다.

    [표를 따라가는 길](panel)이 패널에 펼쳐져 있습니다.
table-do = [두 번째 Word](row:word)를 고르고, 같은 주소가 어느 프레임으로 가는지 표를 따라가 보세요.
table-hint = 목록에서 PID가 큰 쪽의 Word를 누르세요.
table-done = PID { $p1 }의 표를 따라가면 프레임 { $f1 }번이, PID { $p2 }의 표를 따라가면 프레임 { $f2 }번이 나옵니다. 표도 메모리를 차지합니다. PID { $p2 }의 표에는 프레임 { $tables }개가 쓰였습니다.
table-deeper =
    표가 어디에서 시작하는지는 CPU의 레지스터 하나에 적혀 있습니다(x86에서는 CR3). 커널이 다른 프로세스로 넘어갈 때 이 레지스터를 그 프로세스의 표로 바꿔 놓으면, 그때부터 같은 주소가 다른 프레임으로 이어집니다.

    커널 문서: Documentation/mm/page_tables.rst. 리눅스에서 보려면: `grep VmPTE /proc/self/status`

walk =
    표는 한 덩어리가 아닙니다. 주소를 9비트짜리 번호 네 개와 나머지 12비트로 자릅니다. 첫 번째 번호로 첫 번째 표에서 한 칸을 고르면 거기에 다음 표가 있는 프레임이 적혀 있습니다. 이렇게 네 번 내려가면 페이지가 나옵니다.

    표 하나하나도 RAM의 프레임입니다. [패널](panel)에는 표마다 실제로 읽는 한 칸이 나와 있습니다.
walk-bet = 주소 하나가 어느 프레임인지 알아내려면 MMU는 표를 몇 개나 읽어야 할까요?
walk-do = [패널](panel)에 있는 프레임 번호를 PGD, PUD, PMD, PTE 순서로 하나씩 누르며, [RAM](ram)에서 페이지까지 길을 따라가 보세요.
walk-hint = '놓인 프레임' 뒤의 번호가 표가 있는 곳입니다. 맨 마지막, PTE 칸에 적힌 번호가 페이지의 프레임입니다.
walk-done = 첫 번째 표는 프레임 { $t1 }번, 네 번째 표는 프레임 { $t4 }번에 있고, 거기에 적힌 페이지는 프레임 { $page }번에 있습니다. 칸 아래의 글자는 깃발(flag)입니다. P는 이어지는 곳이 있다는 뜻, A는 쓰인 적이 있다는 뜻, D는 페이지의 내용이 바뀐 적이 있다는 뜻입니다.
walk-deeper =
    리눅스에서는 x86-64의 네 단계를 PGD, PUD, PMD, PTE라고 부릅니다. 한 칸은 8바이트여서 512칸이 프레임 하나를 꼭 채웁니다. 단계를 나누면 쓰는 곳에만 표를 두면 됩니다. 나누지 않는다면 47비트 주소를 위해 프로세스마다 2^35칸짜리 표가 있어야 합니다.

    커널 문서: Documentation/arch/x86/x86_64/mm.rst. Intel SDM 3권 4.5절

tlb =
    메모리를 한 번 쓸 때마다 표를 네 번씩 읽는다면 프로그램은 몇 배나 느려질 것입니다. 그래서 CPU는 알아낸 결과를 작은 기억 장치에 적어 둡니다. 이것이 *TLB(translation lookaside buffer)*이고, [패널의 맨 아래](tlb)에 있습니다.

    이제 글자를 하나 칠 차례입니다. Word는 페이지를 읽고, 고치고, 창을 다시 그립니다. 그때마다 주소를 변환해야 합니다.
tlb-bet = 그 가운데 얼마나 많은 경우에 CPU가 표를 처음부터 읽어야 할까요?
tlb-bet-each = 대부분
tlb-bet-few = 몇 번만
tlb-bet-none = 한 번도 없다
tlb-do = [두 번째 Word](window:word)에 글자를 하나 치고, [적중과 실패](tlb) 횟수를 보세요.
tlb-hint = PID가 큰 쪽의 창을 고르고 아무 글자나 치세요.
tlb-done = TLB에서 곧바로 찾은 것(적중)이 { $hit }번, 표 네 개를 읽은 것(실패)이 { $missed }번입니다. 프로그램은 한동안 같은 페이지 몇 개만 되풀이해 쓰기 때문에 이렇게 작은 기억 장치로도 충분합니다.
tlb-deeper =
    이 컴퓨터의 TLB는 64칸이고, 페이지마다 들어갈 수 있는 칸이 하나씩 정해져 있습니다. 실제 CPU에는 비슷한 크기의 1단계와 천 칸에서 이천 칸쯤 되는 2단계가 있습니다. 메모리를 여기저기 건너뛰며 쓰는 프로그램은 표를 훨씬 자주 읽게 됩니다.

    리눅스에서 보려면: `perf stat -e dTLB-loads,dTLB-load-misses ls`

switch =
    TLB에는 지금 두 번째 Word의 페이지들이 적혀 있습니다. 첫 번째 Word도 *똑같은 주소*를 쓰지만, 가리키는 프레임은 다릅니다.

    CPU가 첫 번째 Word로 넘어갔을 때 이 기록을 그대로 쓰면 큰일이 납니다.
switch-bet = 그렇다면 넘어갈 때마다 TLB를 모두 비워야 할까요?
switch-bet-forget = 그렇다, 모두 비운다
switch-bet-keep = 아니다, 그대로 둔다
switch-do = 첫 번째 Word에 글자를 하나 쳐서 CPU가 그쪽으로 넘어가게 하세요.
switch-hint = PID가 작은 쪽의 창을 고르고 아무 글자나 치세요.
switch-done = TLB에는 첫 번째 Word의 것이 { $r1 }개, 두 번째 Word의 것이 { $r2 }개 나란히 적혀 있습니다. 칸마다 어느 주소 공간의 것인지 *꼬리표*가 붙어 있고, CPU는 지금 쓰는 꼬리표가 붙은 것만 봅니다.
switch-deeper =
    이 꼬리표를 x86에서는 PCID, ARM에서는 ASID라고 합니다. 꼬리표가 없으면 프로세스를 바꿀 때마다 TLB를 비워야 하고, 그래서 바꾼 직후가 느립니다. x86에는 2010년에 PCID가 생겼고, 리눅스는 2017년부터 이것을 씁니다. 실제 꼬리표는 몇 개뿐이라서(x86 리눅스는 CPU마다 6개) 돌려 가며 쓰지만, 이 컴퓨터에서는 모자라지 않습니다.

    커널 소스: arch/x86/mm/tlb.c. 리눅스에서 보려면: `grep -o pcid /proc/cpuinfo | head -1`

flags =
    지금까지 본 것은 문서가 든 페이지입니다. Word의 프로그램도 페이지에 들어 있습니다. 주소는 `400000`부터입니다.

    마지막 표의 칸에는 페이지가 *어디에* 있는지만이 아니라 그 페이지로 *무엇을 해도 되는지*도 적혀 있습니다. CPU는 메모리를 쓸 때마다 이것을 확인합니다.
flags-bet = 프로그램이 든 페이지의 칸에는 어떤 깃발이 빠져 있을까요?
flags-bet-P = P, 페이지가 있다
flags-bet-write = R/W, 고쳐 써도 된다
flags-bet-user = U/S, 프로그램이 써도 된다
flags-do = [패널](panel)에서 프로그램이 시작하는 `400000`을 누르고 PTE의 깃발을 보세요.
flags-hint = 주소 공간 목록의 첫 줄이 프로그램입니다. 줄이 그어진 깃발은 꺼져 있는 것입니다.
flags-done = PTE에 서 있는 깃발은 { $flags }입니다. 이 페이지에 쓰려고 하면 CPU가 막고, 커널은 SIGSEGV로 그 프로세스를 끝냅니다. 반대로 문서가 든 페이지에는 XD, 곧 실행하지 말라는 깃발이 서 있었습니다. 쓸 수 있는 곳과 실행할 수 있는 곳을 갈라놓은 것입니다.
flags-deeper =
    이것을 W^X라고 합니다. XD(AMD에서는 NX)는 64비트 가운데 맨 위 비트입니다. U/S는 프로그램이 커널의 페이지를 건드리지 못하게 합니다. 실제 리눅스에서는 커널의 페이지도 같은 표에 들어 있지만, 이 컴퓨터의 표에는 없습니다.

    매뉴얼: mprotect(2). 리눅스에서 보려면: `cat /proc/self/maps` (r-xp, rw-p)

shared =
    표에 무엇을 적을지는 커널이 정합니다. 그렇다면 두 표가 *같은 프레임*을 가리키게 할 수도 있습니다.

    두 Word가 쓴 글은 따로 있지만, 둘 다 같은 파일의 프로그램을 실행하고 있습니다.
shared-bet = 두 Word가 함께 쓰는 프레임이 하나라도 있을까요?
shared-bet-yes = 있다
shared-bet-no = 없다
shared-do = [첫 번째 Word](row:word)를 골라, 프로그램이 든 페이지의 프레임을 두 번째 것과 견주어 보세요.
shared-hint = PID가 작은 쪽의 줄이나 창을 누르세요. 패널이 같은 주소를 그 Word의 표에서 따라갑니다.
shared-done = 주소 400000을 따라가면 첫 번째 Word의 표에서는 프레임 { $s1 }번이, 두 번째 Word의 표에서는 프레임 { $s2 }번이 나옵니다. 첫 번째 Word가 남과 함께 쓰는 페이지는 { $sharing }개입니다. RAM에서는 이런 프레임에 줄무늬가 있습니다.
shared-deeper =
    C 라이브러리처럼 거의 모든 프로그램이 쓰는 라이브러리도 RAM에는 하나만 있습니다. 고쳐 쓸 수 없는 것은 함께 써도 아무도 눈치채지 못합니다.

    매뉴얼: mmap(2)의 MAP_PRIVATE와 MAP_SHARED. 리눅스에서 보려면: `grep -A 8 libc /proc/self/smaps`

count =
    목록을 보면 Word마다 페이지 { $rss0 }개가 RAM에 있습니다. 이 수를 *RSS*라고 하는데, 함께 쓰는 페이지도 저마다 하나로 셉니다. 그래서 둘을 더하면 { $both }개이지만, 실제로 쓰인 프레임은 { $really }개입니다.

    *PSS*는 n개 프로세스가 함께 쓰는 페이지를 저마다 1/n로 셉니다. 첫 번째 Word의 PSS는 { $pss0 } KiB입니다.
count-bet = 두 번째 Word를 닫으면 첫 번째 Word의 어느 수가 달라질까요?
count-bet-rss = RSS
count-bet-pss = PSS
count-bet-none = 둘 다 그대로다
count-do = 두 번째 [Word](window:word)를 닫고, [패널](panel)에서 첫 번째 Word의 RSS와 PSS를 보세요.
count-hint = PID가 큰 쪽의 창을 닫으세요.
count-done = 닫기 전에는 RSS { $rss0 }개, PSS { $pss0 } KiB였고 지금은 RSS { $rss }개, PSS { $pss } KiB입니다. 모든 프로세스의 PSS를 더하면 실제로 쓰인 양이 되지만, RSS를 더하면 그보다 많아집니다.
count-deeper =
    그러면 프로세스 하나는 메모리를 얼마나 쓰는 것일까요? 그 프로세스가 끝날 때 돌아오는 것은 혼자 쓰던 페이지(USS, Private로 시작하는 줄)뿐입니다.

    매뉴얼: proc_pid_smaps(5). 리눅스에서 보려면: `grep -E "Rss|Pss|Private" /proc/self/smaps_rollup`, `smem`

fork =
    Word가 하나 남았고, 시간은 세워 두었습니다. 이 Word는 저장할 때(Ctrl-S) 사람을 기다리게 하지 않으려고 데이터베이스가 쓰는 방법을 씁니다. *fork*로 지금 이 순간의 자신을 복제하는 것입니다. 복제된 프로세스가 파일을 쓰는 동안 원래 Word는 하던 일을 합니다.

    복제된 프로세스에도 똑같은 내용의 페이지 { $pages0 }개가 있어야 합니다.
fork-bet = fork하는 순간 커널은 얼마나 베낄까요?
fork-bet-all = 페이지 { $pages0 }개를 모두
fork-bet-tables = 페이지 테이블만
fork-bet-none = 아무것도 베끼지 않는다
fork-do = 아래 단추로 저장을 시키고, [목록](tasks)에 Word가 하나 더 생길 때까지 시간을 보내세요.
fork-button = 저장 (Ctrl-S)
fork-hint = 단추를 누른 다음 '다음 시스템 콜까지'를 몇 번 누르세요. RAM에서 줄무늬가 생기는지 보세요.
fork-done = PID { $parent }에서 PID { $child }(이)가 갈라져 나왔습니다. 새로 쓰인 프레임은 { $taken }개로, 페이지 테이블이 { $childtables }개이고 나머지는 커널이 장부로 쓰는 것입니다. 페이지 { $pages0 }개 가운데 { $forkshared }개가 두 표에 다 적혀 있고, 커널은 두 표 모두에서 그 R/W 깃발을 내려 두었습니다. 프로그램 파일의 페이지는 옮겨 적지도 않습니다. 자식이 쓸 때 찾아 주면 되기 때문입니다.
fork-deeper =
    Redis가 데이터베이스를 저장하는 방법(BGSAVE)이 바로 이것입니다. 표에 적힌 것이 바뀌었으니 CPU는 TLB에 적어 둔 것도 지워야 합니다. 이번에는 { $dropped }개를 지웠습니다.

    매뉴얼: fork(2). 리눅스에서 보려면: `strace -f -e trace=clone,fork sh -c "ls; true"`

store =
    두 표가 같은 프레임을 가리키고, 이제 둘 다 쓸 수 없습니다. 그런데도 둘은 저마다 자기만의 메모리라고 믿고 있습니다.

    [창](window:word)이 있는 원래 Word에 글을 이어 써 봅시다. 문서는 지금 프레임 { $was }번에 있습니다.
store-bet = R/W 깃발이 없는 페이지에 쓰려고 하면 폴트(fault)가 일어납니다. 이때 커널은 어떻게 할까요?
store-bet-writer = 쓰려는 쪽에 그 페이지의 사본을 준다
store-bet-child = 자식에게 그 페이지의 사본을 준다
store-bet-both = 양쪽의 페이지를 모두 베낀다
store-do = Word에 글자를 하나 치고, 문서가 든 페이지가 둘로 갈라질 때까지 앞으로 가세요.
store-hint = 창을 눌러 글자를 치고, 한 틱씩 가거나 재생하세요. 자식이 벌써 끝났다면 뒤로 되돌아가면 됩니다.
store-done = 글을 쓴 PID { $parent }의 문서는 이제 프레임 { $pf }번에 있고, PID { $child }의 문서는 그대로 프레임 { $cf }번에 있습니다. 아직 함께 쓰는 페이지는 { $left }개입니다. 누군가 쓰려고 할 때에야 그 페이지만 베끼는 것, 이것이 *copy-on-write*입니다. 함께 갈라진 페이지는 Word가 창에 보일 내용을 만드는 곳입니다.
store-deeper =
    그 페이지를 가진 프로세스가 하나만 남으면 베낄 필요가 없습니다. 다음에 쓸 때 폴트가 한 번 나고, 커널은 깃발만 다시 세워 줍니다.

    매뉴얼: fork(2). 커널 소스: mm/memory.c의 do_wp_page(). 리눅스에서 보려면: `perf stat -e minor-faults sh -c true`

file =
    시간이 다시 흐릅니다. 자식은 문서를 `/tmp/word.txt` 파일에 쓰고 끝납니다.

    지금 창에 있는 문서는 “{ $now }”입니다.
file-bet = fork한 뒤에 친 글자도 파일에 들어 있을까요?
file-bet-before = 아니다, fork하던 순간 그대로다
file-bet-after = 그렇다, 지금까지 쓴 것이 다 있다
file-do = [터미널](worlds)에서 `cat /tmp/word.txt` 명령을 실행하세요.
file-hint = '어디에서'를 호스트로 두고 명령을 쓴 다음 실행을 누르세요.
file-done = fork하던 순간의 문서는 “{ $saved }”였습니다. fork를 하면 그 순간의 메모리가 사진처럼 남고, 그 뒤에 바뀌는 만큼만 메모리를 더 쓰게 됩니다.
file-deeper =
    fork한 뒤에 메모리가 얼마나 더 들지는 미리 알 수 없습니다. 리눅스가 실제보다 많은 메모리를 약속해 주는(overcommit) 까닭 가운데 하나입니다.

    매뉴얼: proc_sys_vm(5)의 overcommit_memory. 리눅스에서 보려면: `cat /proc/sys/vm/overcommit_memory`

fill =
    빈 프레임은 { $room }개입니다. 이제 욕심 많은 프로그램 memhog가 나타나서 그보다 60개나 많은 페이지에 글을 쓰려고 합니다.

    이 컴퓨터의 디스크에는 커널이 페이지를 내보낼 수 있는 *스왑(swap)* 영역이 있습니다. 그동안 [Word](window:word)는 잠들어 있습니다.
fill-bet = 누구의 페이지가 디스크로 나가게 될까요?
fill-bet-hog = memhog의 것만, 욕심을 부렸으니까
fill-bet-word = Word의 것만, 자고 있으니까
fill-bet-both = 둘 다
fill-do = memhog를 시작하고 [RAM](ram)이 차오르는 것을 지켜보세요.
fill-button = memhog 시작
fill-hint = 단추를 누르고 기다리세요. [스왑 영역](disk)은 RAM 아래에 나타납니다.
fill-done = 디스크로 나간 페이지는 모두 { $out }개이고, 그 가운데 memhog의 것이 { $hogout }개, Word의 것이 { $wordout }개입니다. 커널은 누가 욕심을 부렸는지 따지지 않고 *최근에 쓰이지 않은* 페이지를 고릅니다. 이것을 알려 주는 것이 A 깃발입니다. 커널은 먼저 깃발을 내려 두었다가, 다시 왔을 때까지 쓰이지 않은 페이지를 내보냅니다. 한 번 더 기회를 준다고 해서 second chance라고 합니다.
fill-deeper =
    리눅스는 페이지를 목록으로 관리하고, 이 일을 미리 해 두는 스레드(kswapd)도 있습니다. 이 컴퓨터에서는 프레임이 필요한 쪽이 직접 합니다. 파일에서 읽어 온 페이지는 파일을 다시 읽으면 되므로 스왑이 필요 없습니다.

    커널 문서: Documentation/mm/page_reclaim.rst, multigen_lru.rst. 리눅스에서 보려면: `swapon --show`, `vmstat 1`의 si와 so

back =
    [Word의 창](window:word)은 그대로이지만, 보이는 것은 Word가 마지막으로 그린 모습입니다. 문서가 든 페이지까지 디스크로 나가 있습니다. 표의 칸에는 P 깃발이 없고, 그 대신 디스크의 어디에 있는지가 적혀 있습니다.

    이제 글자를 하나 쳐 봅시다. Word는 이런 일을 전혀 모릅니다.
back-bet = 문서는 프레임 { $home }번에 있었습니다. 이번에는 어디에 있게 될까요?
back-bet-same = 같은 프레임에
back-bet-other = 다른 프레임에
back-bet-lost = 쓴 글은 사라진다
back-do = [Word](window:word)에 글자를 하나 치세요.
back-hint = 창을 눌러 아무 글자나 치세요. 디스크를 읽어야 해서 평소보다 조금 더 걸립니다.
back-done = 페이지 { $majors }개를 디스크에서 다시 읽었습니다. 이것을 *메이저 폴트(major fault)*라고 합니다. 문서는 지금 프레임 { $back }번에 있고 내용은 “{ $text2 }”입니다. Word가 알아챌 수 있는 것은 시간이 오래 걸렸다는 것뿐입니다. 주소가 그대로라면 프레임은 바뀌어도 괜찮습니다.
back-deeper =
    디스크를 읽는 동안 Word는 상태 D로 잠들고, 시그널을 받아도 깨지 않습니다. SSD에서 읽는 데에는 RAM에서 읽을 때의 천 배쯤 걸립니다. 컴퓨터가 이 일에만 매달려 아무것도 못 하게 되는 것을 스래싱(thrashing)이라고 합니다.

    매뉴얼: getrusage(2)의 ru_majflt. 리눅스에서 보려면: `ps -o maj_flt,min_flt,comm`
