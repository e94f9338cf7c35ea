package provider

import (
	"context"
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"google.golang.org/protobuf/proto"
)

// The framework keeps the context of every request; nothing may hang on it when the request is
// done.
func TestWithBorrowedContext_lendsTheContextForTheRequestOnly(t *testing.T) {
	t.Parallel()
	type key struct{}
	outer, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "loggers"))
	defer cancel()
	var kept, derived context.Context
	answer, err := withBorrowedContext(outer, "question", func(ctx context.Context, req string) (string, error) {
		kept = ctx
		var stop context.CancelFunc
		derived, stop = context.WithCancel(ctx)
		t.Cleanup(stop)
		if ctx.Value(key{}) != "loggers" || ctx.Err() != nil {
			t.Errorf("in the request: %v, %v", ctx.Value(key{}), ctx.Err())
		}
		cancel()
		<-derived.Done() // a CLI that gives up reaches what has been begun
		return req + " answered", nil
	})
	if answer != "question answered" || err != nil {
		t.Errorf("%q, %v", answer, err)
	}
	if kept.Value(key{}) != nil || derived.Value(key{}) != nil {
		t.Error("after the request its values are still held")
	}
	if kept.Err() == nil {
		t.Error("after the request its context is still alive")
	}
}

// All that the framework's server can do is there, or a CLI would be told that it is not
// implemented; and a later framework cannot make the provider do without its own server unseen.
func TestServer_hidesNothing(t *testing.T) {
	t.Parallel()
	if s, ours := Server("test")().(server); !ours {
		t.Errorf("the framework's server has lost an ability, so it stands alone: %T", s)
	}
}

func TestSilenceUnreadLogs(t *testing.T) { //nolint:paralleltest // it changes the environment
	logs := []string{"TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER", "TF_LOG_PROVIDER_KEC", "TF_LOG_SDK", "TF_LOG_PATH"}
	for asked, want := range map[string]string{"": "off", "TF_LOG": "", "TF_LOG_PROVIDER": "", "TF_LOG_CORE": ""} {
		for _, name := range logs {
			t.Setenv(name, "") // so that it is as before when the test ends
		}
		if asked != "" {
			t.Setenv(asked, "debug")
		}
		silenceUnreadLogs()
		for _, name := range []string{"TF_LOG_SDK", "TF_LOG_PROVIDER_KEC"} {
			if got := os.Getenv(name); got != want {
				t.Errorf("asked for by %q: %s=%q, want %q", asked, name, got, want)
			}
		}
	}
}

// A CLI asks for the schema in every command, sometimes several times.
func TestServer_schemaIsSmall(t *testing.T) {
	t.Parallel()
	answer, err := tf6server.New("kec", Server("test")(), tf6server.WithLoggingSink(t)).GetProviderSchema(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := proto.Size(answer); n > 60_000 {
		t.Errorf("%d bytes, want 60000 at most", n)
	} else {
		t.Logf("%d bytes", n)
	}
	if len(answer.GetResourceSchemas()) == 0 || len(answer.GetDiagnostics()) > 0 {
		t.Error("it is no schema")
	}
}
