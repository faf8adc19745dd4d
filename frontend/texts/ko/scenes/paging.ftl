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

    [표를 따라가는 길](panel)이 옆에 펼쳐져 있습니다.
table-do = [두 번째 Word](row:word)를 고르고, 같은 주소가 어느 프레임으로 가는지 표를 따라가 보세요.
table-hint = 목록에서 PID가 큰 쪽의 Word를 누르세요.
table-done = PID { $p1 }의 표를 따라가면 프레임 { $f1 }번이, PID { $p2 }의 표를 따라가면 프레임 { $f2 }번이 나옵니다. 표도 메모리를 차지합니다. PID { $p2 }의 표에는 프레임 { $tables }개가 쓰였습니다.
table-deeper =
    x86-64의 표는 네 단계(PGD, PUD, PMD, PTE)입니다. 단계마다 주소의 9비트로 512칸 가운데 하나를 고르고, 마지막 12비트는 프레임 안의 위치입니다. 주소마다 네 번씩 읽으면 느리니까, CPU는 최근에 변환한 결과를 TLB에 외워 둡니다.

    커널 문서: Documentation/mm/page_tables.rst. 리눅스에서 보려면: `grep VmPTE /proc/self/status`, `perf stat -e dTLB-load-misses ls`

shared =
    표에 무엇을 적을지는 커널이 정합니다. 그렇다면 두 표가 같은 프레임을 가리키게 할 수도 있습니다.

    두 Word가 쓴 글은 따로 있지만, 둘 다 같은 파일의 프로그램을 실행하고 있습니다.
shared-bet = 두 Word가 함께 쓰는 프레임이 하나라도 있을까요?
shared-bet-yes = 있다
shared-bet-no = 없다
shared-do = [RAM](ram)에서 '함께 씀' 색의 칸을 찾아보고, 두 Word 가운데 하나를 닫으세요.
shared-hint = Word 창 하나의 닫기 단추를 누르세요.
shared-done = 첫 번째 Word에는 다른 프로세스와 함께 쓰던 페이지가 { $sharing }개 있었고, 지금은 { $sharednow }개입니다. 나뉘는 것도 함께 쓰는 것도 페이지 테이블에 어떻게 적느냐에 달려 있습니다.
shared-deeper =
    fork(2)도 이 방법을 씁니다. 부모의 메모리를 베끼는 대신 표만 베끼고, 두 표 모두에 '읽기만'이라고 적어 둡니다. 누군가 쓰려고 하면 그때 그 페이지만 베낍니다(copy-on-write). RAM이 모자라면 오래 안 쓴 페이지를 디스크로 내보내고 표에 그 자리를 적어 두기도 합니다(swap).

    매뉴얼: fork(2), mmap(2), proc_pid_smaps(5). 리눅스에서 보려면: `grep -E "Shared|Private" /proc/self/smaps_rollup`, `swapon --show`
