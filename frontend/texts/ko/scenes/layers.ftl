title = 세 층과 두 경계
lead = 글자 하나를 치면 그 글자는 키보드에서 화면까지 어떤 길을 지날까요? 경계를 넘는 횟수를 세어 봅시다.

bands =
    화면은 세 층입니다. 위층 [USER](band:user)에서는 프로그램이 돌고, 아래층 [HARDWARE](band:hardware)에는 CPU와 RAM, 키보드 같은 장치가 있습니다. 그 사이의 [KERNEL](band:kernel)에는 *커널(kernel)*이 있습니다.

    프로그램은 장치를 직접 다루지 못하고 커널에 부탁합니다. 이 부탁이 *시스템 콜(system call)*입니다.
bands-do = [Word](row:word)를 골라 지금 어떤 시스템 콜로 무엇을 부탁하고 있는지 보세요.
bands-hint = Word 창이나 태스크 목록에서 Word의 줄을 누르세요.
bands-done = Word는 { $call }(을)를 불러 놓고 잠들어 있습니다. 키보드에서 글자를 읽어 달라고 부탁하고 기다리는 것입니다. 기다리는 동안에는 CPU를 쓰지 않습니다.
bands-deeper =
    프로그램이 하는 계산과 자기 메모리를 읽고 쓰는 일에는 부탁이 필요 없습니다. CPU가 바로 합니다. 장치, 파일, 다른 프로세스처럼 자기 바깥의 것이 필요할 때 커널에 부탁합니다.

    매뉴얼: syscalls(2), read(2). 리눅스에서 보려면: `strace -p PID`, `cat /proc/PID/syscall`

letter =
    이제 글자를 하나 쳐 봅시다. 키보드는 아래층에 있고 [Word 창](window:word)은 위층에 있으니, 글자가 오가려면 USER와 KERNEL의 [경계](gate-above)를 넘어야 합니다.
letter-bet = 글자 하나가 창에 나타나고 Word가 다시 다음 글자를 기다리기까지, 이 경계를 몇 번 넘을까요? 올라가는 것과 내려가는 것을 따로 셉니다.
letter-do = [Word 창](window:word)에 글자를 하나 치세요.
letter-hint = Word 창을 누르고 아무 글자나 하나만 치세요.
letter-done = { $crossings }번 넘었습니다. 눈 깜짝할 사이에 일어난 일입니다. 이번에는 시간을 세우고 글자를 따라가 봅시다.
letter-deeper =
    한글 한 글자는 UTF-8로 세 바이트이지만 읽는 부탁은 한 번이면 됩니다. 여러 글자를 한꺼번에 붙여 넣어도 마찬가지입니다. 경계를 넘는 데에는 시간이 들기 때문에, 프로그램은 되도록 한 번에 많이 부탁합니다.

    리눅스에서 보려면: `strace -c cat /etc/hostname`

up =
    글쇠를 누르면 키보드가 CPU에 [신호](gate-below)를 보냅니다. *인터럽트(interrupt)*라고 합니다. CPU는 곧바로 커널의 코드를 실행하고, 커널은 글자를 받아 둔 다음 글자를 기다리던 [Word](row:word)를 깨웁니다.

    Word가 CPU를 얻으면 read가 끝나고, Word는 글자를 들고 [경계를 넘어](gate-above) 위로 올라옵니다.
up-bet = 글자는 어디에 먼저 나타날까요?
up-bet-screen = Word 창
up-bet-memory = Word의 메모리
up-do = 글자를 하나 치고 한 틱씩 앞으로 가면서, [창](window:word)과 그 아래 [메모리](bytes:word)를 견주어 보세요.
up-hint = 글자를 쳐도 시간이 서 있어서 아무 일도 없습니다. 시간 막대의 한 틱 단추를 누르세요. 지나쳤으면 한 틱 뒤로 가면 됩니다.
up-done = Word의 [메모리](bytes:word)에 적힌 글은 지금 “{ $now }”입니다. Word는 받은 글자를 먼저 자기 메모리에 적어 둡니다. 화면에 보이려면 할 일이 더 남아 있습니다.
up-deeper =
    글자가 들어온 순간 CPU에서는 Word가 아니라 다른 프로세스가 돌고 있었을 수도 있습니다. 인터럽트는 누가 돌고 있든 끼어듭니다. 여기서는 CPU가 쉬고 있었습니다.

    리눅스에서 보려면: `cat /proc/interrupts`, `cat /proc/PID/wchan`

screen =
    화면도 장치입니다. 그래서 Word는 자기 메모리에 보일 내용을 만들어 놓고, `write`로 커널에 그려 달라고 부탁합니다. 그러려면 [경계](gate-above)를 내려갔다가 다시 올라와야 합니다.

    그런 다음 `read`로 다음 글자를 부탁하러 또 내려갑니다.
screen-do = '다음 경계까지' 단추를 누르며, Word가 다시 잠들 때까지 [경계](gate-above)를 하나씩 넘어가 보세요.
screen-hint = 시간 막대의 '다음 경계까지' 단추입니다. 한 틱씩 가도 됩니다. Word의 상태가 S(잠듦)가 되면 한 바퀴가 끝난 것입니다.
screen-done = 한 바퀴를 다 돌았습니다. 메모리에 적은 뒤로 경계를 { $lower }번 넘었습니다. 글자를 들고 올라온 것까지 더하면 아까 센 횟수와 맞는지 확인해 보세요.
screen-deeper =
    write(2)는 Word의 메모리에 있는 바이트를 커널이 읽어 터미널로 보내는 부탁입니다. 오늘날의 데스크톱에서는 그 사이에 창을 그리는 프로그램이 하나 더 있습니다. 그 프로그램과 이야기하는 것도 시스템 콜입니다.

    매뉴얼: write(2), termios(3). 리눅스에서 보려면: `strace -e trace=read,write cat`

same =
    마지막 질문이 남았습니다. 시스템 콜을 처리하는 커널의 코드는 누가 실행할까요? 이 컴퓨터에 [CPU](cpus)는 하나뿐입니다.
same-bet = 커널이 Word의 write를 처리하는 동안 CPU에 올라 있는 태스크는 누구일까요?
same-bet-word = 그대로 Word
same-bet-kernel = 커널이라는 다른 태스크
same-do = 글자를 하나 치고 write 시스템 콜까지 간 다음, [CPU](cpus)를 보세요.
same-hint = 다음 시스템 콜까지 가는 단추를 쓰면 됩니다. 지나쳤으면 한 틱씩 뒤로 가세요.
same-done = 커널의 코드가 실행되고 있는데, CPU에 올라 있는 태스크는 { $current }입니다. 커널은 옆에서 따로 도는 프로그램이 아닙니다. 프로세스가 경계를 넘으면 같은 CPU가 *커널 모드(kernel mode)*로 바뀌어 커널의 코드를 실행합니다. 장치를 다루는 명령은 이 모드에서만 통합니다.
same-deeper =
    x86에서는 사용자 모드를 링(ring) 3, 커널 모드를 링 0이라고 합니다. 이 페이지의 이름 Ringside도 여기서 왔습니다. 실제 리눅스에는 커널만의 일을 하는 커널 스레드(목록에 대괄호로 나오는 것)도 있지만, 시스템 콜은 부른 프로세스 자신이 커널 모드에서 실행합니다.

    리눅스에서 보려면: `time ls` (user와 sys가 두 모드에서 쓴 시간)
