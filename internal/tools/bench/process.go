package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// greeting is what a CLI puts into the environment of a provider: the cookie of Terraform plugins,
// and the version of the protocol.
var greeting = []string{
	"TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
	"PLUGIN_PROTOCOL_VERSIONS=6",
}

// plugin is a provider that has been started as a CLI starts it.
type plugin struct {
	cmd    *exec.Cmd
	took   time.Duration // from exec to the handshake
	cancel context.CancelFunc
	conn   *grpc.ClientConn
}

// startProvider starts a provider, which runs until it is stopped or the context ends.
func (b *bench) startProvider(ctx context.Context, env []string) (_ *plugin, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	cmd := exec.CommandContext(ctx, b.provider) //nolint:gosec // the user names it
	cmd.Env = slices.Concat(env, greeting)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	p := &plugin{cmd: cmd, cancel: cancel}
	defer func() {
		if err != nil {
			p.stop()
		}
	}()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	p.took = time.Since(began)
	if err != nil {
		p.stop() // after this nothing more is written to the complaint
		return nil, fmt.Errorf("the provider does not answer: %w\n%s", err, complaint.String())
	}
	// The handshake is a line such as "1|6|unix|/tmp/plugin123|grpc|".
	fields := strings.Split(strings.TrimSpace(line), "|")
	if len(fields) < 5 || fields[4] != "grpc" {
		return nil, fmt.Errorf("the provider answers %q", line)
	}
	target := "passthrough:///" + fields[3]
	if fields[2] == "unix" {
		target = "unix:" + fields[3]
	}
	p.conn, err = grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{})))
	return p, err
}

// ask sends a request and returns the answer. Both are protobuf messages, encoded.
func (p *plugin) ask(ctx context.Context, rpc string, message []byte) (answer []byte, err error) {
	err = p.conn.Invoke(ctx, "/tfplugin6.Provider/"+rpc, message, &answer)
	return answer, err
}

// stop ends the provider, if it has not ended yet. It closes the connection first, because a write
// to a provider that has ended raises SIGPIPE, which ends this program.
func (p *plugin) stop() {
	if p.conn != nil {
		_ = p.conn.Close() // it may be closed already
	}
	p.cancel()
	_ = p.cmd.Wait() // it has been killed
}

// timeStart is the time that a provider takes from exec to the handshake; the median of several.
func (b *bench) timeStart(ctx context.Context) (time.Duration, error) {
	var times []time.Duration
	for range startRuns {
		p, err := b.startProvider(ctx, b.environment())
		if err != nil {
			return 0, err
		}
		p.stop()
		times = append(times, p.took)
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// schemaSize is the size of the provider's answer with its schema, in bytes.
func (b *bench) schemaSize(ctx context.Context) (int, error) {
	p, err := b.startProvider(ctx, b.environment())
	if err != nil {
		return 0, err
	}
	defer p.stop()
	answer, err := p.ask(ctx, "GetProviderSchema", []byte{})
	return len(answer), err
}

// raw is a gRPC codec for messages that are encoded already.
type raw struct{}

var errNotRaw = errors.New("raw messages only")

func (raw) Name() string { return "proto" }

func (raw) Marshal(v any) ([]byte, error) {
	if b, ok := v.([]byte); ok {
		return b, nil
	}
	return nil, errNotRaw
}

func (raw) Unmarshal(data []byte, v any) error {
	to, ok := v.(*[]byte)
	if !ok {
		return errNotRaw
	}
	*to = bytes.Clone(data) // gRPC uses the buffer again
	return nil
}

// describe names the computer and the versions of the programs. It names nothing by which the
// computer could be identified.
func (b *bench) describe(ctx context.Context) (computer, versions string, err error) {
	cmd := exec.CommandContext(ctx, b.cli, "version") //nolint:gosec // the user names the CLI
	cmd.Env = b.environment()
	out, err := cmd.Output()
	if err != nil {
		return "", "", fmt.Errorf("%s version: %w", b.cli, err)
	}
	name, _, _ := strings.Cut(string(out), "\n")
	cpu := setting("/proc/cpuinfo", "model name", ":")
	if cpu == "" {
		cpu = "CPU of unknown make"
	}
	system := strings.Trim(setting("/etc/os-release", "PRETTY_NAME", "="), `"`)
	if system != "" {
		system += ", "
	}
	return fmt.Sprintf("%s × %d; %s%s/%s", cpu, runtime.NumCPU(), system, runtime.GOOS, runtime.GOARCH),
		strings.TrimSpace(name) + ", " + runtime.Version(), nil
}

// setting is the first value of a name in a file of names and values; "" if there is none.
func setting(file, name, separator string) string {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, separator); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
