title = 메모리는 어디서 오나
lead = Word가 메모리를 더 달라고 합니다. 커널은 RAM의 어디를 떼어 줄까요?

frames =
    [RAM](ram)은 같은 크기의 칸으로 나뉘어 있습니다. 한 칸은 4 KiB이고 *프레임(frame)*이라고 합니다. 프로세스의 메모리도 같은 크기로 나누는데, 그 조각은 *페이지(page)*라고 합니다.

    커널은 페이지마다 프레임을 하나씩 짝지어 줍니다. 어느 프레임을 누가 쓰는지는 커널만 압니다.
frames-do = [Word](window:word)를 골라 Word가 쓰는 프레임을 찾아보세요.
frames-hint = Word 창이나 목록의 줄을 누르면 RAM에서 Word의 프레임에 테두리가 생깁니다.
frames-done = Word는 지금 페이지 { $pages }개를 쓰고, RAM의 프레임 { $total }개 가운데 { $free }개가 비어 있습니다.
frames-deeper =
    테두리가 있는 칸 가운데 페이지 테이블이라고 적힌 것은 Word의 페이지와 프레임을 짝지어 둔 표입니다. 이것은 Word가 아니라 커널이 쓰지만, Word 때문에 필요한 메모리입니다.

    리눅스에서 보려면: `free`, `grep -E "VmRSS|VmPTE" /proc/self/status`, `getconf PAGESIZE`

ask =
    이제 Word가 메모리를 더 부탁합니다. 그림을 하나 넣는다고 생각하면 됩니다. 이 부탁도 시스템 콜이고, 이름은 `mmap`입니다.

    시간을 세워 두었으니, 커널이 "그러마" 하고 답하는 순간까지만 가 봅시다.
ask-bet = 커널이 부탁을 들어준 순간, Word에게는 새 프레임이 몇 개나 와 있을까요?
ask-bet-all = 부탁한 만큼 모두
ask-bet-none = 그보다 적게
ask-do = Word 창에서 [메모리 더](window:word)를 누르고, [mmap](gate-above)이 끝날 때까지 앞으로 가세요.
ask-hint = 단추 대신 Word 창에서 Ctrl-O를 눌러도 됩니다. 그런 다음 시간 막대의 단추로 앞으로 가세요.
ask-done = Word는 페이지 { $asked }개를 허락받았고, 그 순간까지 받은 프레임은 { $got }개입니다. 커널이 해 준 것은 "이 주소들을 써도 된다"는 약속입니다.
ask-deeper =
    그래서 프로세스가 쓸 수 있는 주소의 크기(VSZ)와 실제로 차지한 RAM의 크기(RSS)는 다릅니다. 모두가 약속을 한꺼번에 쓰려 들면 RAM이 모자랄 수 있는데, 커널은 어느 정도까지는 알면서도 약속합니다(overcommit).

    매뉴얼: mmap(2), proc_sys_vm(5). 리눅스에서 보려면: `ps -o pid,vsz,rss,comm`

touch =
    Word가 약속받은 페이지에 처음으로 글자를 쓰면, 짝이 되는 프레임이 없으니 CPU는 그 명령을 멈추고 커널을 부릅니다. 이것이 *페이지 폴트(page fault)*입니다.

    커널은 빈 프레임을 찾아 0으로 채워 짝지어 주고, Word는 하던 일을 그대로 이어 갑니다.
touch-do = Word가 다시 잠들 때까지 앞으로 가면서 [RAM](frames:word)의 칸이 언제 바뀌는지 보세요.
touch-hint = 한 틱씩 가다가, 규칙이 보이면 재생하세요.
touch-done = 페이지 폴트가 { $faults }번 일어났고 프레임이 { $came }개 왔습니다. 커널은 쓰지도 않을 메모리를 미리 내주지 않습니다.
touch-deeper =
    이런 폴트는 오류가 아닙니다. 디스크를 읽지 않고 해결되는 것을 마이너 폴트(minor fault)라고 합니다. 처음부터 0으로 채우는 까닭은, 앞서 그 프레임을 쓰던 프로세스의 데이터가 새어 나가지 않게 하려는 것입니다.

    매뉴얼: getrusage(2). 리눅스에서 보려면: `ps -o pid,min_flt,maj_flt,comm`

excel =
    이번에는 다른 프로그램을 시작합니다. 커널은 빈 프레임 가운데서 골라 새 프로세스에 내줍니다. 이 컴퓨터는 어디서 떼어 주는지 잘 보이도록 앞쪽부터 차례로 내주게 해 두었습니다.
excel-do = [Excel](launcher)을 시작하고, 그 프레임이 어디에 놓이는지 보세요.
excel-hint = Excel 단추를 누르세요. RAM에 새로운 색이 나타납니다.
excel-done = Excel은 페이지 { $excelpages }개로 시작했습니다. [Excel의 프레임](frames:excel)과 [Word의 프레임](frames:word)의 자리를 견주어 보세요.

again =
    Word가 메모리를 또 부탁합니다. Word의 프레임이 있던 자리 뒤쪽에는 이제 다른 프로세스의 프레임이 있습니다.
again-bet = 새 프레임은 어디에 놓일까요?
again-bet-beside = Word가 쓰던 프레임 바로 옆
again-bet-apart = 멀리 떨어진 다른 자리
again-do = Word 창에서 [메모리 더](window:word)를 한 번 더 누르세요.
again-hint = Word 창에서 Ctrl-O를 눌러도 됩니다.
again-done = 프레임 { $more }개를 더 받아서 Word의 프레임은 RAM에서 { $runs }군데에 나뉘어 있습니다. Word는 그것을 모릅니다. [Word의 눈](eyes)으로 보면 자기 페이지는 한 줄로 이어져 있을 뿐입니다. 그래서 커널은 빈 프레임이면 어디 것이든 내줄 수 있습니다.
again-deeper =
    프로그램이 보는 주소를 *가상 주소*, RAM의 실제 자리를 *물리 주소*라고 합니다. 둘을 잇는 표는 '주소와 프레임'에서 봅니다. 진짜 리눅스는 프레임을 이웃한 묶음으로 관리하며(버디 할당자), 이 컴퓨터처럼 앞에서부터 차례로 내주지는 않습니다.

    리눅스에서 보려면: `cat /proc/buddyinfo`, `sudo cat /proc/iomem`
