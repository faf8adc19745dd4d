title = 자원을 나눠 주는 단위
lead = 커널은 프로세스를 단위로 자원을 나눠 줍니다. 프로세스가 끝나면 그 자원은 어떻게 될까요?

account =
    커널은 CPU 시간, 메모리, 열어 둔 파일 같은 자원을 *프로세스마다* 내주고, 누가 얼마나 쓰는지 [목록](tasks)에 적어 둡니다. 그래서 프로세스는 자원을 나눠 주는 단위입니다.

    Word의 장부를 펼쳐 봅시다.
account-do = [Word](row:word)를 골라 [자세한 내용](details)을 보세요.
account-hint = Word 창이나 목록의 줄을 누르세요.
account-done = Word는 페이지 { $pages }개를 쓰고 있습니다. 그 페이지들의 자리를 적은 페이지 테이블에도 프레임 { $tables }개가 들어갔습니다.
account-deeper =
    장부에 있는 메모리 크기(RSS)에는 다른 프로세스와 함께 쓰는 페이지도 들어 있습니다. 그래서 모든 프로세스의 RSS를 더하면 실제로 쓰는 RAM보다 커집니다. 함께 쓰는 몫을 사람 수로 나눈 것이 PSS입니다.

    매뉴얼: proc_pid_smaps(5), getrusage(2). 리눅스에서 보려면: `ps -eo pid,time,rss,comm`, `grep Pss /proc/self/smaps_rollup`

close =
    Word가 스스로 정리하지 않아도, 프로세스가 끝나면 커널은 내준 것을 모두 거두어들입니다.

    방금 장부에서 본 Word의 페이지는 { $wordpages }개입니다.
close-bet = Word를 닫으면 빈 프레임이 몇 개나 늘어날까요?
close-bet-less = { $wordpages }개보다 적게
close-bet-same = 꼭 { $wordpages }개
close-bet-more = { $wordpages }개보다 많이
close-do = [Word 창](window:word)을 닫고 [RAM](ram)을 지켜보세요.
close-hint = 창의 닫기 단추를 누르거나 Ctrl-Q를 치세요.
close-done = 빈 프레임이 { $back }개 늘었습니다. Word의 페이지 { $wordpages }개 말고도 페이지 테이블 { $wordtables }개와 커널이 Word를 위해 쓰던 스택이 함께 풀립니다. 반대로 Word만의 것이 아닌 프레임은 돌아오지 않습니다.
close-deeper =
    끝난 프로세스의 줄과 PID는 부모가 wait(2)를 부를 때까지 남습니다. 메모리는 그 전에 돌아옵니다. 열어 둔 파일도 이때 닫히고, 파일에 걸어 둔 잠금도 풀립니다.

    매뉴얼: _exit(2). 리눅스에서 보려면: `ls -l /proc/self/fd`

kill =
    이번에는 Excel을 예고 없이 끝냅니다. 호스트의 터미널에서 `kill -9 { $number }` 명령을 내리면 Excel은 마지막 명령 하나도 더 실행하지 못합니다. 받은 메모리를 돌려줄 틈이 없습니다.
kill-bet = Excel이 쓰던 페이지 { $excelpages }개는 어떻게 될까요?
kill-bet-lost = 돌려주지 못했으니 다시 켤 때까지 쓸 수 없다
kill-bet-back = 그래도 돌아온다
kill-do = [터미널](worlds)에서 `kill -9 { $number }` 명령을 실행하세요.
kill-hint = 번호는 태스크 목록에 있는 Excel의 PID입니다.
kill-done = 빈 프레임이 { $back1 }개 늘었습니다. 자원을 돌려주는 것은 프로그램의 예의가 아니라 커널의 일입니다. 커널은 누구에게 무엇을 주었는지 다 알고 있습니다.
kill-deeper =
    SIGKILL은 막거나 미룰 수 없습니다. 다만 프로그램이 파일로 남긴 임시 파일이나, 프로세스보다 오래 사는 것(System V 공유 메모리, tmpfs에 있는 파일)은 프로세스의 자원이 아니므로 그대로 남습니다.

    매뉴얼: signal(7), sysvipc(7). 리눅스에서 보려면: `ipcs -m`, `df /dev/shm`

stay =
    남은 것은 PPT입니다. PPT의 페이지 { $pptpages }개 가운데에는 PPT 프로그램이 담긴 페이지도 있습니다. 디스크에 있는 파일을 읽어 온 것입니다.
stay-bet = PPT가 끝나면 파일을 읽어 담아 둔 프레임도 비워질까요?
stay-bet-gone = 비워진다
stay-bet-stays = 내용이 남아 있다
stay-do = [PPT](window:ppt)를 닫고, RAM에서 색이 바뀌는 칸을 찾아보세요.
stay-hint = 칸의 색을 설명하는 줄에서 페이지 캐시의 색을 찾아보세요.
stay-done = 아무도 쓰지 않지만 파일의 내용을 담고 있는 프레임이 { $cached0 }개에서 { $cached }개로 바뀌었습니다. 이것이 *페이지 캐시(page cache)*입니다. 누가 그 파일을 다시 찾으면 디스크에 가지 않아도 되고, 메모리가 모자라면 커널이 언제든 비울 수 있습니다.
stay-deeper =
    `free`가 알려 주는 buff/cache가 대부분 이것입니다. 리눅스에서 빈 메모리가 적어 보여도 걱정하지 않아도 되는 까닭이기도 합니다. 얼마나 더 쓸 수 있는지는 available 열에 나옵니다.

    매뉴얼: free(1), proc_meminfo(5). 리눅스에서 보려면: `free -h`, `grep -E "^(Cached|MemAvailable)" /proc/meminfo`
