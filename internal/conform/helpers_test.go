package conform

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// against are the options of a run against a simulator, on its clock, through a handler.
func against(t *testing.T, sim *kecsim.Server, handler http.Handler) Options {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return Options{
		Endpoint: server.URL, Region: kecsim.Region, Keys: ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey},
		Paid: true, MaxCNY: defaultCap, Transport: server.Client().Transport,
		Client: []ksyun.Option{ksyun.WithClock(sim.Now, sim.Sleep)},
	}
}
