package corewasm

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// Gzipped is how large a module is as zlib compresses it at level 9, which is
// what a deployment is measured by; Go's own gzip makes core.wasm 1% larger. It
// asks Node, which has zlib.
func Gzipped(ctx context.Context, module []byte) (int, error) {
	const script = `const all = [];
process.stdin.on("data", (c) => all.push(c)).on("end", () => console.log(require("zlib").gzipSync(Buffer.concat(all), { level: 9 }).length))`
	cmd := exec.CommandContext(ctx, "node", "-e", script)
	cmd.Stdin = bytes.NewReader(module)
	output, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("node could not weigh a module: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(string(output)))
}
