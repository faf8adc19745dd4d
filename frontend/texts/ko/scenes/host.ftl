title = 호스트에서 보면
lead = 컨테이너 안에서는 컴퓨터 한 대를 통째로 쓰는 것 같습니다. 호스트에서는 무엇이 보일까요?

find =
    [PPT](window:ppt)가 컨테이너 안에서 돌고 있습니다. 안에서 보면 새 컴퓨터에 혼자 있는 것 같습니다.

    호스트에서는 어떨까요? [두 터미널](worlds)에 프로세스를 늘어놓는 명령 `ps`를 쳐 봅시다.
find-bet = 호스트의 ps에서 PPT는 어떤 모습으로 나올까요?
find-bet-hidden = 컨테이너 안에 있으니 나오지 않는다
find-bet-group = 컨테이너 이름 deck으로 한데 묶여 나온다
find-bet-row = 여느 프로세스처럼 한 줄로 나온다
find-do = [두 세상](worlds)에서 `ps`를 실행하고 견주어 보세요.
find-hint = 명령 칸에 ps라고 쓰고 실행을 누르세요.
find-done = 호스트의 ps에는 { $hostlines }줄, 컨테이너 안의 ps에는 { $insidelines }줄이 나왔습니다. ps는 /proc에 보이는 것을 옮겨 적을 뿐이고, /proc은 저마다의 네임스페이스를 보여 줍니다. 호스트에는 컨테이너라는 별난 줄이 없습니다.
find-deeper =
    호스트의 네임스페이스는 모든 PID 네임스페이스의 조상이어서 아래의 프로세스가 다 보입니다. 반대로 안에서 위쪽은 보이지 않습니다. 컨테이너를 알고 있는 것은 커널이 아니라 도커입니다. 도커는 자기 장부에 첫 프로세스의 PID를 적어 둡니다.

    매뉴얼: pid_namespaces(7). 리눅스에서 보려면: `docker ps`, `docker top deck`, `ps -ef --forest`

shield =
    두 세상에 모두 1번 프로세스가 있습니다. 호스트의 1번은 모든 프로세스의 조상인 [init](row:init)이고, 컨테이너의 1번은 PPT입니다.

    `kill 1`은 1번 프로세스에 끝내 달라는 *시그널(signal)*을 보내는 명령입니다.
shield-bet = 두 세상에서 kill 1을 실행하면 어떻게 될까요?
shield-bet-none = 아무도 끝나지 않는다
shield-bet-inside = 컨테이너의 1번만 끝난다
shield-bet-both = 양쪽 1번이 다 끝난다
shield-do = [두 세상](worlds)에서 `kill 1`을 실행하세요.
shield-hint = 명령 칸에 kill 1이라고 쓰고 실행을 누르면 두 터미널에 함께 입력됩니다.
shield-done = 지금 돌고 있는 것은 init { $inits }개, PPT { $ppts }개입니다. PID 네임스페이스의 1번은 특별합니다. 스스로 받겠다고 한 시그널만 커널이 전해 주므로, 안에서는 1번을 함부로 끝낼 수 없습니다.
shield-deeper =
    1번이 핸들러를 등록하지 않은 시그널은 같은 네임스페이스에서 보내면 모두 버려집니다. `kill -9 1`도 마찬가지입니다. 바깥, 곧 조상 네임스페이스에서 보낼 때는 SIGKILL과 SIGSTOP만은 통합니다. 그래서 SIGTERM을 챙기지 않는 프로그램이 컨테이너의 1번이면 `docker stop`이 10초를 기다렸다가 SIGKILL을 보냅니다. `docker run --init`은 이럴 때 씁니다.

    매뉴얼: pid_namespaces(7), kill(2). 리눅스에서 보려면: `grep Sig /proc/1/status`

limit =
    컨테이너에는 프로세스가 여럿 들어갈 수 있습니다. 안에서 만든 프로세스는 부모와 같은 네임스페이스에 속하고, 같은 *컨트롤 그룹(cgroup)*에도 속합니다. cgroup에는 얼마나 쓸 수 있는지 한도를 적어 둡니다.

    호스트에서 이 컨테이너의 프로세스 수를 3개로 묶고, 안에서 잠만 자는 프로세스를 만드는 `sleep 1000 &` 명령을 두 번 실행해 봅시다.
limit-bet = sleep은 몇 개나 돌게 될까요?
limit-bet-0 = 하나도 돌지 못한다
limit-bet-1 = 1개
limit-bet-2 = 2개
limit-do = [호스트의 터미널](worlds)에서 `echo 3 > /sys/fs/cgroup/docker/deck/pids.max` 명령을, 그다음 안쪽 터미널에서 `sleep 1000 &` 명령을 두 번 실행하세요.
limit-hint = '어디에서'를 호스트로 바꿔 첫 번째 명령을, '안에서'로 바꿔 두 번째 명령을 실행하세요. pids.max는 이 cgroup에 들 수 있는 프로세스 수입니다. PPT와 안쪽 셸도 거기에 들어갑니다.
limit-done = sleep은 { $sleeping }개, 컨테이너의 프로세스는 모두 { $many }개입니다. 한도를 넘으면 커널은 프로세스를 만들어 달라는 부탁을 들어주지 않습니다. 네임스페이스는 *무엇이 보이는지*를, cgroup은 *얼마나 쓰는지*를 정합니다.
limit-deeper =
    fork(2)가 EAGAIN으로 실패하고, 셸은 이것을 Resource temporarily unavailable이라고 알려 줍니다. 메모리 한도인 memory.max와 CPU 몫인 cpu.max, cpu.weight도 같은 곳에 있습니다. 도커의 옵션은 결국 이 파일들에 값을 적는 일입니다.

    매뉴얼: cgroups(7). 리눅스에서 해 보려면: `docker run --pids-limit 100 …`, `docker update --memory 512m deck`, `systemd-cgls`

whole =
    이제 호스트에서 컨테이너를 끝냅니다. 호스트의 셸은 조상 네임스페이스에 있으므로 [PPT](row:ppt)를 { $number }번으로 부를 수 있고, `kill -9`는 1번의 방패도 뚫습니다.

    컨테이너 안에는 PPT 말고 [sleep](row:sleep)도 있습니다.
whole-bet = PPT만 끝내면 sleep은 어떻게 될까요?
whole-bet-stay = 남아서 계속 잔다
whole-bet-gone = 함께 끝난다
whole-do = [호스트의 터미널](worlds)에서 `kill -9 { $number }` 명령을 실행하세요.
whole-hint = '어디에서'를 호스트로 두고 실행하세요.
whole-done = 컨테이너에 있던 프로세스는 { $before }개였는데, 지금 PPT는 { $pptsleft }개, sleep은 { $sleeps }개입니다. 남은 노란 테두리는 { $left }개입니다. 네임스페이스의 1번이 끝나면 커널은 그 네임스페이스의 나머지를 모두 끝냅니다.
whole-deeper =
    1번은 그 네임스페이스에서 고아가 된 프로세스의 부모 노릇도 하기 때문에, 1번이 없는 네임스페이스는 돌아갈 수 없습니다. 커널은 나머지 프로세스에 SIGKILL을 보내고, 그 뒤로는 새 프로세스를 만들지 못하게 합니다(ENOMEM).

    매뉴얼: pid_namespaces(7). 리눅스에서 해 보려면: `docker kill deck`

ten =
    컨테이너를 끝내는 일은 프로세스를 끝내는 일이었습니다. 시작하는 일도 마찬가지입니다. 컨테이너를 열 개 시작하면서 [목록](tasks)과 [RAM](ram)이 어떻게 바뀌는지 보세요.
ten-do = 아래 단추로 컨테이너 열 개를 한꺼번에 시작하세요.
ten-button = PPT 컨테이너 열 개 시작
ten-hint = 단추를 누르고 노란 테두리가 다 나타날 때까지 기다리세요.
ten-done = 컨테이너 { $boxes }개, PPT { $ppts10 }개가 돌고 있고 RAM에는 아직 { $free }칸이 비어 있습니다. 컴퓨터를 새로 켠 것은 없습니다. 커널 하나가 프로세스를 더 돌리고 있을 뿐입니다.
ten-deeper =
    PPT 프로그램이 담긴 칸은 컨테이너끼리도 함께 씁니다. 같은 이미지의 같은 파일이기 때문입니다. 가상 머신이라면 저마다 커널을 따로 띄우고 RAM도 따로 잡아야 합니다.

    리눅스에서 보려면: `docker stats`, `uname -r` (컨테이너 안팎에서)

close =
    호스트에게 컨테이너는 특별한 존재가 아닙니다. 네임스페이스라는 표시가 붙은 [보통 프로세스](tasks)입니다. CPU 시간과 메모리도 다른 프로세스와 똑같이 나눠 받습니다.

    한 가지만 덧붙이면, 컨테이너라고 해서 [RAM](ram)에 벽이 새로 생기지는 않습니다. 메모리를 갈라놓는 것은 어느 프로세스에나 있는 가상 메모리입니다.
