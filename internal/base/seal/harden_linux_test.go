package seal

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// roleVariable makes this test binary play another part when it is started as a process of its own.
const roleVariable = "SEAL_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "soft", "hard":
		playServer(os.Getenv(roleVariable) == "hard")
	case "spy":
		playSpy()
	default:
		os.Exit(m.Run())
	}
}

// playServer allows core dumps as far as it may, hardens itself if it is told to, says that it is ready, and aborts
// once its input ends.
func playServer(hard bool) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	limit.Cur = limit.Max
	err := unix.Setrlimit(unix.RLIMIT_CORE, &limit)
	if err == nil && hard {
		err = Harden()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	panic("abort") // GOTRACEBACK=crash makes the runtime end by SIGABRT
}

// playSpy starts a server of its own user, as its child so that no stricter rule of the system stands in the way, and
// tells whether it can open the server's memory.
func playSpy() {
	server := exec.Command("/proc/self/exe")
	server.Env = append(os.Environ(), roleVariable+"="+os.Args[1])
	in, _ := server.StdinPipe()
	out, _ := server.StdoutPipe()
	if err := server.Start(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	f, err := os.Open("/proc/" + strconv.Itoa(server.Process.Pid) + "/mem")
	fmt.Println(strings.TrimSpace(line), err == nil, err)
	_ = f.Close()
	_ = server.Process.Kill()
	_ = in.Close()
	_ = server.Wait()
}

// abortServer has a server abort in a directory of its own, and tells whether it dumped core.
func abortServer(t *testing.T, role string) (dumped bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "GOTRACEBACK=crash")
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput() // its input is empty, so it aborts as soon as it is ready
	if !strings.HasPrefix(string(out), "ready\n") {
		t.Fatalf("the server did not start: %v\n%s", err, out)
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signal() != syscall.SIGABRT {
		t.Fatalf("the server ended by %v, want an abort", cmd.ProcessState)
	}
	left, err := os.ReadDir(cmd.Dir)
	must(t, err)
	return status.CoreDump() || len(left) > 0
}

func TestHardenedServerLeavesNoCore(t *testing.T) {
	if abortServer(t, "hard") {
		t.Error("a hardened server dumped core")
	}
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_CORE, &limit))
	// The counterpart proves that the test can see a core, where the system lets this process dump one at all.
	if limit.Max > 0 && !abortServer(t, "soft") {
		t.Error("a server that is not hardened left no core: the test sees nothing")
	}
}

// spy tells whether a process can open the memory of a server of the same user, who is not root.
func spy(t *testing.T, role string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", role)
	cmd.Env = append(os.Environ(), roleVariable+"=spy")
	cmd.Dir = "/"
	if os.Geteuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "ready ") {
		t.Fatalf("the spy saw no server: %v\n%s", err, out)
	}
	return strings.HasPrefix(string(out), "ready true")
}

func TestHardenedServerKeepsItsMemoryToItself(t *testing.T) {
	if spy(t, "hard") {
		t.Error("a process of the same user can read a hardened server's memory")
	}
	if !spy(t, "soft") {
		t.Error("the memory of a server that is not hardened cannot be opened either: the test sees nothing")
	}
}
