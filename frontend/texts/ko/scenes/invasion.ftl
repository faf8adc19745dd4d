title = 남의 메모리에 쓰면
lead = 프로그램이 서로의 메모리에 손댈 수 있다면 어떤 일이 벌어질까요? 칸막이 없는 컴퓨터에서 직접 해 봅시다.

bare =
    이 컴퓨터에는 메모리를 갈라 주는 부품이 없습니다. 옛날 컴퓨터나 지금도 쓰이는 작은 기기가 이렇습니다. 프로그램이 부르는 주소가 곧 [RAM](ram)의 자리입니다.

    [Word](frames:word)와 [Excel](frames:excel)이 RAM을 나눠 쓰고 있습니다. 서로 건드리지 않기로 했을 뿐, 막아 주는 것은 없습니다.
bare-do = [Word](window:word)에 글을 조금 써 보세요.
bare-hint = Word 창을 고르고 아무 글이나 치세요.
bare-done = 쓴 글은 RAM의 { $address } 자리에 들어 있습니다.
bare-deeper =
    이 부품을 *MMU(memory management unit)*라고 합니다. MMU가 없는 기기에서도 리눅스를 돌릴 수 있지만 fork(2)를 쓸 수 없고(vfork만 됩니다), 한 프로그램의 실수가 커널까지 망가뜨릴 수 있습니다.

    문서: 커널 소스의 Documentation/admin-guide/mm/nommu-mmap.rst

wrong =
    이 Excel에는 버그가 하나 있습니다. 칸 번호가 표의 끝을 넘는지 살피지 않습니다. 그래서 표에 없는 칸에 값을 넣으라고 하면, 그 칸이 있을 법한 주소를 계산해서 거기에 씁니다.

    표의 끝보다 한참 아래인 `A257`에 값을 넣어 봅시다.
wrong-bet = Excel의 표에 없는 칸에 값을 넣으면 어떻게 될까요?
wrong-bet-nothing = 아무 일도 일어나지 않는다
wrong-bet-ends = Excel이 끝난다
wrong-bet-word = Word의 글이 바뀐다
wrong-do = [Excel](window:excel)에 `A257=BANG`이라고 치고 엔터를 누르세요.
wrong-hint = 창에 눈에 띄는 변화가 없으면, Word의 [메모리](bytes:word)를 보세요.
wrong-done = Word의 [메모리](bytes:word)에 적힌 글은 이제 “{ $now }”입니다. Excel에 친 것이 어디로 갔는지 보이나요? 누가 그랬는지, Word는 알 길이 없습니다.
wrong-deeper =
    배열의 끝을 넘어 쓰는 이런 실수를 범위를 벗어난 쓰기(out-of-bounds write), 흔히 버퍼 오버플로(buffer overflow)라고 합니다. C로 쓴 프로그램에서 흔한 버그이고, 보안 구멍이 되는 일도 많습니다.

    리눅스에서 찾아보려면: `gcc -fsanitize=address prog.c`

seen =
    [Word의 창](window:word)에는 아직 옛 글이 남아 있습니다. 창에 보이는 것은 Word가 마지막으로 그린 모습이기 때문입니다.

    Word는 창을 다시 그릴 때마다 자기 메모리에서 글을 읽어 옵니다. 거기에 무엇이 있든, 자기가 쓴 글인 줄로만 압니다.
seen-do = [Word](window:word)에 글자를 하나 쳐서 창을 다시 그리게 해 보세요.
seen-hint = Word 창을 고르고 아무 글쇠나 하나 누르세요.
seen-done = Excel에 넣은 값이 Word의 글이 되어 나타났습니다.

wall =
    같은 프로그램, 같은 버그입니다. 이번에는 지금까지 누른 글쇠를 *MMU가 있는 컴퓨터*에서 처음부터 똑같이 다시 눌러 봅시다.
wall-bet = 이번에는 어떻게 될까요?
wall-bet-again = 똑같이 Word의 글이 바뀐다
wall-bet-nothing = 둘 다 아무렇지 않다
wall-bet-ends = Excel이 끝나고 Word는 무사하다
wall-do = 아래 단추를 누르세요.
wall-button = MMU가 있는 컴퓨터에서 다시 하기
wall-hint = 단추를 누르면 새로 부팅한 다음 같은 글쇠를 차례로 입력합니다.
wall-done = 지금 떠 있는 것은 Word { $words }개, Excel { $excels }개이고, Word의 메모리에 적힌 글은 “{ $fresh }”입니다. 프로세스가 허락받지 않은 주소에 쓰면 CPU가 커널을 부릅니다. 커널은 이를 잘못된 연산으로 보고 *SIGSEGV*라는 시그널로 그 프로세스만 끝냅니다.
wall-deeper =
    SIGSEGV는 segmentation violation, 곧 '메모리 구역을 어김'이라는 뜻입니다. 흔히 보는 Segmentation fault가 이것입니다. 순서는 이렇습니다. 주소를 변환하던 MMU가 표에서 프레임을 찾지 못하고, CPU가 페이지 폴트를 일으키고, 커널이 매핑을 뒤져 보고, 없으면 시그널을 보냅니다.

    매뉴얼: signal(7), mmap(2). 리눅스에서 보려면: `dmesg`에서 segfault, `coredumpctl list`

alive =
    MMU는 프로그램이 부르는 주소를 [RAM](ram)의 자리로 바꿔 줍니다. 바꾸는 데 쓰는 표는 프로세스마다 따로 있고 커널만 고칠 수 있습니다. 남의 메모리는 내 표에 아예 없으니, 가리킬 방법조차 없습니다.

    이것이 *가상 메모리(virtual memory)*입니다. 컨테이너가 아니어도 모든 프로세스가 이렇게 떨어져 있습니다.
alive-do = [Word](window:word)에 글을 이어 써 보세요.
alive-hint = Word 창을 고르고 아무 글이나 치세요.
alive-done = Word의 글은 “{ $mine }”입니다. 옆 프로그램이 잘못해도 Word는 하던 일을 계속합니다.
alive-deeper =
    떨어져 있어도 함께 쓰기로 하면 쓸 수 있습니다. 두 프로세스가 부탁하면 커널이 같은 프레임을 두 표에 적어 줍니다(공유 메모리). 디버거처럼 남의 메모리를 들여다보는 것도 커널에 부탁해서, 허락을 받아야 할 수 있습니다.

    매뉴얼: shm_overview(7), ptrace(2), process_vm_readv(2)
