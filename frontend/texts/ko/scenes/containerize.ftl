title = 컨테이너를 만드는 법
lead = 같은 커널, 같은 하드웨어에서 PPT에게만 다른 세상을 보여 줍니다. 커널이 실제로 하는 일은 무엇일까요?

isolate =
    [PPT](window:ppt)는 지금 보통 프로세스입니다. 컴퓨터의 이름, 디렉터리, 네트워크, 프로세스 목록을 [다른 프로세스](row:word)와 똑같이 봅니다.

    커널은 이렇게 함께 보는 것을 종류별로 묶어 두는데, 그 묶음이 *네임스페이스(namespace)*입니다. 살아 있는 PPT에게 컴퓨터 이름을 담는 묶음을 따로 줘 봅시다.
isolate-bet = 이름을 따로 가지게 되면 PPT의 PID나 메모리도 새 자리로 옮겨 갈까요?
isolate-bet-same = 그대로 있다
isolate-bet-moved = 옮겨 간다
isolate-do = 아래 단추를 누르고 [PPT의 줄](row:ppt)을 지켜보세요.
isolate-button = PPT에게 컴퓨터 이름을 따로 주기 (UTS)
isolate-hint = 단추를 누르면 PPT가 unshare라는 시스템 콜을 부르게 됩니다.
isolate-done = 단추를 누르기 전과 지금을 견주면, PID는 { $pid } → { $nowpid }, 문서가 놓인 RAM의 칸은 { $frame } → { $nowframe }입니다. 호스트와 다른 네임스페이스는 { $kinds }가지가 되었습니다. 네임스페이스는 프로세스가 들어가는 장소가 아니라, 무엇을 볼지 정해 주는 표시입니다.
isolate-deeper =
    UTS 네임스페이스에는 호스트 이름과 도메인 이름이 들어 있습니다. 네임스페이스에는 그 밖에도 마운트, PID, 네트워크, IPC, 사용자, cgroup, 시간이 있어서 모두 여덟 종류입니다. 새 UTS 네임스페이스는 원래 것을 베낀 채로 시작하므로, 이름을 바꾸기 전까지는 같은 이름이 보입니다.

    매뉴얼: namespaces(7), unshare(2). 리눅스에서 해 보려면: `sudo unshare --uts sh`

pid =
    이번에는 *PID 네임스페이스*를 떼어 봅시다. PID 네임스페이스마다 번호는 1번부터 새로 시작합니다.
pid-bet = PPT에게 PID 네임스페이스를 따로 주면, PPT는 그 안에서 1번이 될까요?
pid-bet-one = 1번이 된다
pid-bet-same = 번호는 그대로다
pid-do = 아래 단추를 누르세요.
pid-button = PPT에게 PID 네임스페이스를 따로 주기
pid-hint = 이번에도 unshare입니다. 목록에 PPT의 번호가 하나 더 생기는지 보세요.
pid-done = 커널이 답을 하고 난 지금, 호스트에서 PPT의 번호는 { $nowpid }입니다. 새 PID 네임스페이스는 PPT가 앞으로 낳을 자식부터 적용됩니다. 살아 있는 프로세스의 번호는 이미 자신도 남도 알고 있어서 도중에 바꿀 수 없습니다.
pid-deeper =
    그래서 `unshare --pid`에는 거의 언제나 `--fork`가 따라붙습니다. /proc도 새로 마운트해야 ps가 새 번호를 보여 주므로 `--mount-proc`까지 씁니다.

    매뉴얼: pid_namespaces(7), unshare(1). 리눅스에서 해 보려면: `sudo unshare --pid --fork --mount-proc sh`

run =
    그래서 도커(Docker)는 살아 있는 프로세스를 컨테이너에 옮겨 담지 않습니다. 새 네임스페이스를 갖춘 프로세스를 *새로 만듭니다*.

    원래 PPT는 닫고, 컨테이너에서 PPT를 새로 시작합시다. 시간을 세워 두었으니 [시스템 콜](gate-above)을 하나씩 볼 수 있습니다.
run-do = [PPT](window:ppt)를 닫고 [컨테이너에서 PPT](launcher) 단추를 누른 다음, 노란 테두리가 나타날 때까지 시간을 보내세요.
run-hint = 다음 시스템 콜로 가는 단추를 여러 번 누르세요. clone이라는 시스템 콜을 찾으면 됩니다. 재생해도 됩니다.
run-done = 노란 테두리가 { $boxes }개 생겼습니다. 도커의 일꾼인 runc가 clone이라는 시스템 콜로 자식을 만들면서, 그 자식의 네임스페이스도 새로 만들어 달라고 한 것입니다. 테두리는 이 페이지가 네임스페이스를 보고 그린 것입니다. 커널에는 컨테이너라는 것이 따로 없습니다.
run-deeper =
    clone(2)은 fork(2)와 비슷하지만, 무엇을 새로 만들고 무엇을 함께 쓸지 고를 수 있습니다. 진짜 도커에서는 docker 명령과 runc 사이에 dockerd와 containerd가 있습니다.

    매뉴얼: clone(2). 리눅스에서 보려면: `sudo strace -f -e trace=clone,clone3,unshare,setns -p "$(pgrep -x containerd)"`

root =
    갓 태어난 자식은 아직 PPT가 아닙니다. 먼저 새 세상을 꾸밉니다. 파일 묶음인 *이미지(image)*를 맨 위 디렉터리로 삼고, 프로세스 목록이 보이는 /proc을 새로 마련하고, 컴퓨터 이름을 정합니다.

    준비를 마치면 `execve`로 자신을 PPT로 바꿉니다.
root-do = [시스템 콜](gate-above)을 따라가며 mount, pivot_root, sethostname, execve를 찾아보세요. PPT가 나타나면 끝입니다.
root-hint = 다음 시스템 콜까지 가는 단추를 계속 누르거나 재생하세요.
root-done = PPT가 { $deckkinds }가지 네임스페이스를 따로 가지고 태어났습니다. 목록에는 번호가 둘 있습니다. 프로세스는 하나인데 호스트의 네임스페이스에서는 { $outer }번, 안에서는 { $inner }번입니다.
root-deeper =
    pivot_root(2)는 프로세스가 보는 맨 위 디렉터리를 통째로 갈아 끼웁니다. 예전 루트는 곧바로 떼어 내므로 안에서는 호스트의 파일에 닿을 길이 없습니다. 여기서는 이미지를 바인드 마운트했지만, 도커는 보통 여러 층을 겹친 overlay 파일 시스템을 씁니다.

    매뉴얼: pivot_root(2), mount_namespaces(7). 리눅스에서 보려면: `docker inspect deck`, `findmnt`

end =
    PPT 한 프로세스에 번호가 둘입니다. 이제 [호스트의 터미널](worlds)에서 이 PPT를 끝내려고 합니다.

    `kill -9 번호`는 그 번호의 프로세스를 무조건 끝내는 명령입니다.
end-bet = 호스트의 셸에서 몇 번을 끝내라고 해야 PPT가 끝날까요?
end-bet-inside = { $pptinner }번
end-bet-outside = { $pptpid }번
end-do = [호스트의 터미널](worlds)에 `kill -9`와 번호를 쳐서 PPT를 끝내세요.
end-hint = 이 셸이 어느 네임스페이스에 있는지 생각해 보세요. 명령은 '어디에서'를 호스트로 두고 실행하세요.
end-done = 호스트의 네임스페이스에서 PPT의 번호는 { $fromhost }번이었습니다. 남은 노란 테두리는 { $boxesleft }개입니다. 번호는 누가 부르느냐에 따라 정해집니다.
end-deeper =
    프로세스는 자기가 속한 PID 네임스페이스와 그 위의 모든 네임스페이스에서 번호를 하나씩 가집니다. 아래에서 위는 보이지 않습니다. 어느 번호가 어느 번호인지는 /proc/PID/status의 NSpid 줄에 적혀 있습니다.

    매뉴얼: pid_namespaces(7), proc_pid_status(5). 리눅스에서 보려면: `docker top deck`, `grep NSpid /proc/PID/status`

parts =
    컨테이너는 프로세스에 세 가지를 더한 것입니다. *네임스페이스*는 무엇이 보이는지, 곧 이름을 나눕니다. *컨트롤 그룹(cgroup)*은 얼마나 쓸 수 있는지, 곧 양을 제한합니다. *권한(capability)*과 *seccomp*는 커널에 무엇을 부탁할 수 있는지를 제한합니다.

    모두 프로세스에 붙는 것이고, 컨테이너 하나에는 프로세스가 여럿 들어갈 수 있습니다. 커널은 하나, 하드웨어도 하나입니다.
parts-deeper =
    여기서도 컨테이너의 root에게는 도커가 남겨 두는 몇 가지 capability만 있고, mount나 unshare 같은 호출에는 seccomp 필터가 EPERM으로 답합니다. 양쪽에서 `cat /proc/self/status`를 실행하면 차이(CapEff, Seccomp)가 보입니다.

    매뉴얼: cgroups(7), capabilities(7), seccomp(2). 리눅스에서 보려면: `systemd-cgls`, `getpcaps PID`, `grep Seccomp /proc/PID/status`
