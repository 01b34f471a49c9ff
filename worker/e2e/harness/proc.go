package harness

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// RSS is the resident memory of the server's workerd, in bytes.
func (s *Server) RSS() int64 {
	s.t.Helper()
	var pages int64
	for _, pid := range s.workerds() {
		statm, err := os.ReadFile(filepath.Join("/proc", pid, "statm"))
		require.NoError(s.t, err)
		resident, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
		require.NoError(s.t, err)
		pages += resident
	}
	return pages * int64(os.Getpagesize())
}

// CPU is the time that the server's workerd has run so far, in user and kernel mode, in steps of 10 ms.
func (s *Server) CPU() time.Duration {
	s.t.Helper()
	var ticks int64
	for _, pid := range s.workerds() {
		stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
		require.NoError(s.t, err)
		fields := statFields(stat)
		for _, i := range []int{statUser, statKernel} {
			n, err := strconv.ParseInt(fields[i], 10, 64)
			require.NoError(s.t, err)
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond // Linux counts 100 a second, on every machine
}

// workerds are the ids of the server's own workerd processes: one when bare, more below wrangler dev.
func (s *Server) workerds() (pids []string) {
	s.t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(s.t, err)
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it ended in between
		}
		if bytes.Contains(stat, []byte("(workerd)")) && statFields(stat)[statGroup] == strconv.Itoa(s.Cmd.Process.Pid) {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	require.NotEmpty(s.t, pids, "no workerd is running")
	return pids
}

// Places in what statFields gives; see proc_pid_stat(5), where they count from 3.
const (
	statGroup  = 5 - 3
	statUser   = 14 - 3
	statKernel = 15 - 3
)

// statFields splits /proc/PID/stat after the program's name, which may have spaces in it.
func statFields(stat []byte) []string {
	return strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
}
