title = 거울 속 세상
lead = 컴퓨터 한 대에서 Word와 PPT가 함께 돌고 있습니다. PPT의 눈에도 그렇게 보일까요?

look =
    [Word](window:word)와 [PPT](window:ppt)가 한 컴퓨터에서 돌고 있습니다. 둘 다 [태스크 목록](tasks)에 한 줄씩 있고, 둘 다 같은 [RAM](ram)을 나눠 씁니다.

    다만 PPT에는 [노란 테두리](box)가 있습니다. *컨테이너(container)* 안에서 시작했다는 표시입니다. 이 테두리 안에서는 세상이 어떻게 보일까요? PPT의 눈을 빌려 봅시다.
look-bet = PPT의 눈에 Word가 보일까요?
look-bet-yes = 보인다
look-bet-no = 보이지 않는다
look-do = [PPT 창](window:ppt)의 제목을 누른 채 잠시 기다려 보세요. 손을 떼면 원래 화면으로 돌아옵니다.
look-hint = 마우스 단추나 손가락을 떼지 말고 PPT 창의 제목을 눌러 두세요. [눈 단추](eyes)를 써도 됩니다.
look-done = 컴퓨터에는 프로세스가 { $all }개 있는데, PPT의 눈에 보이는 프로세스는 { $seen }개입니다. 커널도 RAM도 그대로입니다. 달라진 것은 보는 눈뿐입니다.
look-deeper =
    프로세스마다 커널에 "이 프로세스에게는 무엇이 보이는가"를 정하는 *네임스페이스(namespace)*가 여러 종류 딸려 있습니다. 이 화면은 PPT에 딸린 네임스페이스와 루트 디렉터리, 페이지 테이블에서 계산해 그린 것입니다.

    매뉴얼: namespaces(7). 리눅스에서 보려면: `lsns`, `ls -l /proc/self/ns`

word =
    이번에는 [Word](window:word)의 눈을 빌릴 차례입니다. Word는 컨테이너에 들어 있지 않습니다. 여느 컴퓨터에서 도는 보통 프로그램 그대로입니다.

    그렇다면 Word의 눈에는 컴퓨터 전체가 다 보일까요?
word-bet = Word의 눈에 PPT가 보일까요?
word-bet-yes = 보인다
word-bet-no = 보이지 않는다
word-do = [Word 창](window:word)의 제목을 누른 채, [태스크 목록](tasks)과 [RAM](ram)을 살펴보세요.
word-hint = 태스크 목록에 PPT가 있는지, RAM에는 어떤 칸이 남아 있는지 보세요.
word-done = 프로세스는 { $all }개 가운데 { $wordsees }개가 보입니다. 하지만 RAM은 { $frames }칸 가운데 Word 자신이 쓰는 { $pages }칸만 보입니다. 메모리만큼은 컨테이너가 아니어도 프로세스마다 저마다의 세상이 있는 셈입니다. 컨테이너는 이것을 메모리 바깥으로까지 넓힙니다.
word-deeper =
    프로세스마다 메모리를 따로 보게 하는 것은 *가상 메모리(virtual memory)*입니다. 보통의 프로그램은 물리 메모리의 어느 칸을 쓰는지조차 알 수 없습니다. 이 이야기는 '주소와 프레임'에서 자세히 다룹니다.

    매뉴얼: proc_pid_maps(5). 리눅스에서 보려면: `cat /proc/self/maps`

ask =
    눈으로 본 것을 명령으로 확인해 봅시다. [터미널 두 개](worlds) 가운데 하나는 이 컴퓨터, 곧 *호스트(host)*의 셸이고, 다른 하나는 PPT가 있는 컨테이너 안의 셸입니다.

    `hostname`은 컴퓨터의 이름을 묻고, `ls /`는 맨 위 디렉터리에 무엇이 있는지 묻습니다.
ask-do = [두 세상](worlds)에서 `hostname`을 실행하고, 이어서 `ls /`를 실행하세요.
ask-hint = 명령 칸에 hostname이라고 쓰고 실행을 누르면 두 터미널에 같은 명령이 입력됩니다. ls /도 똑같이 하세요.
ask-done = 컴퓨터의 이름을 묻자 호스트에서는 { $outside }, 컨테이너 안에서는 { $inside }(이)라는 답이 왔습니다. 두 질문에 답한 커널은 하나입니다.
ask-deeper =
    컨테이너 안의 셸은 `docker exec deck sh`로 열었습니다. 이 명령은 setns(2)로 PPT의 네임스페이스에 들어가서 셸을 실행합니다. 이름은 UTS 네임스페이스가, 디렉터리는 마운트 네임스페이스와 pivot_root(2)가 가릅니다.

    매뉴얼: uts_namespaces(7), mount_namespaces(7). 리눅스에서 보려면: `docker exec deck hostname`

world =
    지금까지 옮겨 간 것은 아무것도 없습니다. PPT는 여전히 같은 [목록](tasks)의 [한 줄](row:ppt)이고, 같은 [RAM](ram)을 씁니다. 같은 세상에 살면서 거울에 비친 다른 세상을 볼 뿐입니다.

    이 거울이 어떻게 만들어지는지 알려면 먼저 그 앞에 선 *프로세스(process)*부터 알아야 합니다.
