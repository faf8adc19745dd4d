title = 프로그램과 프로세스
lead = 프로그램은 파일이고, 프로세스는 그 파일이 살아 움직이는 것입니다. Word를 두 번 실행하면 무엇이 두 개가 될까요?

start =
    Word는 디스크에 파일로 들어 있습니다. 파일은 가만히 있을 뿐, 아무 일도 하지 않습니다. 이것이 *프로그램(program)*입니다.

    프로그램을 실행하면 커널이 *프로세스(process)*를 만듭니다. 프로세스는 실행 중인 프로그램이며, 자기만의 메모리 공간과 열어 둔 파일 같은 자원을 가집니다. 커널은 프로세스마다 [목록](tasks)에 한 줄을 적고 번호를 붙입니다. 이 번호가 *PID(process ID)*입니다.
start-do = [Word](launcher)를 실행하세요.
start-hint = 프로그램 단추 가운데 Word를 누르면 됩니다.
start-done = PID { $pid }번 프로세스가 생겼습니다. [RAM](frames:word)에는 이 프로세스가 쓰는 칸이 색으로 표시됩니다.
start-deeper =
    리눅스에서 새 프로세스는 대개 두 단계로 생깁니다. 부모가 fork(2)로 자신을 복제하고, 새로 생긴 자식이 execve(2)로 실행할 프로그램을 바꿉니다. PID는 fork에서 정해지고 execve 뒤에도 그대로입니다. 여기서 부모는 맨 처음 생긴 프로세스 init입니다.

    매뉴얼: fork(2), execve(2). 리눅스에서 보려면: `ps -ef`, `pstree -p`, `ls -l /proc/self/exe`

again =
    디스크에 있는 Word 파일은 하나입니다. 그 파일을 한 번 더 실행하면 어떻게 될까요?
again-bet = Word를 한 번 더 실행하면 프로세스는 어떻게 될까요?
again-bet-one = 프로세스 하나가 창 두 개를 맡는다
again-bet-same = 프로세스가 둘이 되고, 같은 프로그램이니 PID도 같다
again-bet-other = 프로세스가 둘이 되고, PID는 서로 다르다
again-do = [Word](launcher)를 한 번 더 실행하세요.
again-hint = 아까와 같은 단추를 다시 누르세요. 그리고 목록에서 PID를 견주어 보세요.
again-done = Word 프로세스는 { $count }개, 번호는 { $a }(과)와 { $b }입니다. 프로그램은 하나여도 실행할 때마다 프로세스가 새로 생깁니다.
again-deeper =
    RAM에는 두 Word가 함께 쓰는 칸도 있습니다. 실행할 명령이 담긴 부분은 아무도 고쳐 쓰지 않으므로, 커널은 파일에서 한 번만 읽어 두고 두 프로세스에 똑같이 보여 줍니다. 어떤 프로그램은 두 번째로 실행하면 먼저 떠 있던 프로세스에 일을 넘기고 스스로 끝납니다. 그것은 그 프로그램이 그렇게 만들어졌기 때문이지 커널이 하는 일이 아닙니다.

    리눅스에서 보려면: `pgrep -l bash`, `cat /proc/self/maps`

apart =
    두 Word는 같은 파일에서 나왔습니다. 그러면 문서도 함께 쓸까요?

    창마다 아래쪽에 [그 프로세스의 메모리](bytes:word)가 보입니다. 글자를 치면 그 안의 바이트가 바뀝니다.
apart-do = Word 창 하나에만 글자를 몇 자 쳐 보세요.
apart-hint = 창을 눌러 고른 다음 아무 글자나 치세요. 한글을 쳐도 됩니다.
apart-done = 글자는 PID { $typed }의 메모리에 들어갔고, 두 문서는 이제 서로 다릅니다. 프로세스마다 메모리가 따로 있습니다.

end =
    이제 시간을 세워 두었습니다. 창을 닫으면 프로세스가 끝나는데, 그 순간을 한 걸음씩 들여다보려는 것입니다.

    프로세스가 끝나면 커널은 메모리를 거두어들입니다. [목록](tasks)에 있던 줄은 어떻게 될까요?
end-bet = 프로세스가 끝나는 바로 그 순간, 목록의 줄은?
end-bet-gone = 곧바로 사라진다
end-bet-stays = 아직 남아 있다
end-do = [Word 창](window:word) 하나를 닫고, [시간 막대](time)에서 한 틱씩 앞으로 가며 그 줄의 상태를 지켜보세요.
end-hint = 너무 멀리 갔다면 한 틱 뒤로 되돌아오면 됩니다. 상태가 Z로 바뀌는 틱을 찾으세요.
end-done = 빈 메모리는 { $before }칸에서 { $after }칸으로 늘었는데, PID { $dead }의 줄은 남아 있습니다. 이런 프로세스를 *좀비(zombie)*라고 합니다. 어떻게 끝났는지 부모가 물어볼 때까지 커널이 그 답을 간직하고 있는 것입니다.
end-deeper =
    창을 닫으면 터미널이 끊기고, 커널은 그 터미널의 프로세스에 SIGHUP 시그널을 보냅니다. 프로세스가 끝나면 커널이 부모에게 SIGCHLD로 알리고, 부모가 wait(2)로 종료 상태를 받아 가면 그제야 PID가 풀려납니다. 부모가 먼저 끝나면 init이 대신 받아 갑니다.

    매뉴얼: wait(2), _exit(2). 리눅스에서 보려면: `ps -eo pid,ppid,stat,comm` (상태 Z, 이름 뒤에 defunct)

reuse =
    시간이 다시 흐릅니다. 부모인 [init](row:init)이 종료 상태를 물어보면 커널은 좀비의 줄을 지우고, { $old }번은 빈 번호가 됩니다.

    이때 Word를 다시 실행하면 번호는 어떻게 될까요?
reuse-bet = 새 Word가 방금 비워진 번호를 물려받을까요?
reuse-bet-same = 빈 번호를 물려받는다
reuse-bet-new = 다른 번호를 받는다
reuse-do = [Word](launcher)를 다시 실행하세요.
reuse-hint = Word 단추를 누르고 목록의 PID를 보세요.
reuse-done = 새 Word의 PID는 { $new }입니다. 리눅스는 번호를 올려 가며 나눠 주다가 맨 끝까지 가서야 앞쪽의 빈 번호로 돌아옵니다. 방금 끝난 프로세스와 헷갈리지 않도록 하려는 것입니다.
reuse-deeper =
    끝 번호는 `cat /proc/sys/kernel/pid_max`로 알 수 있습니다. 한 바퀴를 돌면 300번 아래는 건너뜁니다. 번호는 언젠가 다시 쓰이므로, 프로세스를 확실하게 가리켜야 할 때는 pidfd_open(2)을 씁니다.

    매뉴얼: proc_sys_kernel(5), pidfd_open(2)
