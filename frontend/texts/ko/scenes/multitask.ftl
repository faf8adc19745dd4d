title = 한꺼번에, 그러나 번갈아
lead = 프로그램 세 개가 일하고 CPU는 하나입니다. 바로 지금 돌고 있는 것은 몇 개일까요?

work =
    Word는 맞춤법을 검사하고, Excel은 표를 다시 계산하고, PPT는 슬라이드 쇼를 합니다. 커널이 CPU에 올려 실행하는 일을 *태스크(task)*라고 하고, 여러 태스크를 함께 돌리는 것을 *멀티태스킹(multitasking)*이라고 합니다.

    이 컴퓨터의 [CPU](cpus)는 하나입니다. 셋에게 일을 시키고 시간을 세워 봅시다.
work-bet = 셋이 모두 일하는 어느 한순간, CPU에서 실제로 돌고 있는 태스크는 몇 개일까요?
work-do = 창마다 Ctrl-L을 눌러 일을 시작하게 하고, 셋이 다 돌 수 있게 될 때까지 앞으로 가세요.
work-hint = 창을 고르고 Ctrl-L을 누르세요. 시간이 서 있으니 시간 막대의 단추로 조금씩 앞으로 가야 합니다.
work-done = 돌 준비가 된 태스크는 { $ready }개인데, CPU에 올라 있는 것은 { $on }개입니다. 나머지는 [차례](tasks)를 기다립니다.
work-deeper =
    리눅스에서 태스크는 스레드 하나하나를 가리킵니다. 여기 있는 프로세스는 모두 스레드가 하나뿐이라서 프로세스와 태스크가 같습니다. 상태 R은 '지금 돌고 있거나 돌 준비가 됨'이라는 뜻입니다.

    매뉴얼: proc_pid_stat(5). 리눅스에서 보려면: `ps -eLo pid,tid,stat,psr,comm`, `vmstat 1` (r 열이 차례를 기다리는 태스크 수)

switch =
    커널에는 다음에 누구를 돌릴지 정하는 *스케줄러(scheduler)*가 있습니다. 커널은 타이머를 맞춰 두고, 한 태스크가 제 몫의 시간을 다 쓰면 그 태스크의 레지스터를 적어 두고 다른 태스크의 것을 불러옵니다.

    이것을 *문맥 교환(context switch)*이라고 합니다.
switch-do = 다음 전환까지 가는 단추를 몇 번 누르며, 누가 [CPU](cpus)를 넘겨받는지 보세요.
switch-hint = 시간 막대에 있는 '다음 전환까지' 단추입니다. 다섯 번쯤 누르세요.
switch-done = CPU의 임자가 { $times }번 바뀌는 동안 { $ms }밀리초가 흘렀습니다. 사람에게는 셋이 동시에 도는 것처럼 보입니다.
switch-deeper =
    시간이 다 되기 전에도 CPU를 내놓는 일이 있습니다. 글자나 디스크를 기다려야 해서 잠들 때입니다. 이것은 자발적인 문맥 교환으로, 빼앗기는 것과 따로 셉니다. 스케줄러는 EEVDF라는 방식으로 다음 태스크를 고릅니다.

    매뉴얼: sched(7). 리눅스에서 보려면: `grep ctxt /proc/self/status`, `sudo perf sched timehist`

fair =
    이번에는 시간을 흐르게 두고 [CPU 시간](tasks)을 지켜봅시다. 커널이 나눠 주는 것은 CPU가 아니라 *CPU 시간*입니다.

    Word와 Excel은 쉬지 않고 일하고, 둘 다 특별히 급하다고 한 적이 없습니다.
fair-bet = 한동안 지나면 누가 CPU 시간을 더 많이 썼을까요?
fair-bet-word = Word
fair-bet-excel = Excel
fair-bet-even = 거의 같다
fair-do = 재생을 눌러 200밀리초 남짓 흘려보내세요.
fair-hint = 바쁠 때의 속도를 높이면 더 빨리 흐릅니다.
fair-done = { $took }밀리초 동안 Word는 { $word }밀리초, Excel은 { $excel }밀리초를 썼습니다. 나머지는 PPT와 커널의 몫입니다.
fair-deeper =
    몫을 바꾸고 싶으면 nice 값을 고칩니다. nice가 1 커질 때마다 가중치는 약 1.25분의 1로 줄어듭니다. 컨테이너의 몫을 정하는 cpu.weight도 같은 원리로 움직입니다.

    매뉴얼: nice(2), sched(7). 리눅스에서 보려면: `ps -eo pid,ni,time,comm`, `renice -n 10 -p PID`

plug =
    CPU를 하나 더 꽂으면 어떻게 될까요? 일을 시작한 프로그램은 셋입니다. 프로그램마다 CPU가 하나씩 생기는 것은 아닙니다.
plug-bet = CPU가 둘이면, 한순간에 돌고 있는 태스크는 많아야 몇 개일까요?
plug-do = [CPU](cpus)를 하나 더 꽂고, 새 CPU가 일을 시작할 때까지 앞으로 가세요.
plug-hint = CPU 옆의 더하기 단추를 누르세요.
plug-done = CPU { $cpus }개에서 태스크 { $running }개가 동시에 돌고 있습니다. 이제는 겉보기만이 아니라 정말로 동시에 돕니다. 그래도 태스크가 더 많으니 여전히 번갈아 돕니다.
plug-deeper =
    리눅스에서도 CPU를 켜진 채로 떼고 붙일 수 있습니다. 스케줄러는 CPU마다 대기 줄을 따로 두고, 쉬는 CPU가 생기면 바쁜 쪽의 태스크를 옮겨 옵니다.

    리눅스에서 보려면: `nproc`, `lscpu`, `echo 0 | sudo tee /sys/devices/system/cpu/cpu1/online`

rest =
    Ctrl-L을 한 번 더 누르면 일을 멈추고 글자를 기다립니다. 기다리는 태스크는 차례를 기다리는 줄에도 서지 않습니다. *잠들어* 있다가, 글자가 오면 커널이 깨웁니다.
rest-do = 창마다 Ctrl-L을 눌러 셋 다 일을 멈추게 하세요.
rest-hint = 창을 고르고 Ctrl-L을 한 번씩 누르세요. 셋 다 멈추면 CPU가 쉽니다.
rest-done = 돌 준비가 된 태스크가 { $resting }개가 되었습니다. 창은 여전히 떠 있습니다. 켜 놓은 프로그램이 수십 개여도 컴퓨터가 한가한 까닭이 이것입니다.
rest-deeper =
    대부분의 프로세스는 거의 언제나 잠들어 있습니다(상태 S). 디스크처럼 곧 끝날 것을 기다릴 때는 방해받지 않는 잠(상태 D)을 자기도 합니다. CPU는 할 일이 없으면 멈춤 명령을 실행하고 다음 인터럽트를 기다립니다.

    리눅스에서 보려면: `top` (id가 쉬는 비율), `ps -eo stat,wchan:20,comm`
