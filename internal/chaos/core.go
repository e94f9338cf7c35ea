// Package chaos drives the provider as a CLI does, in one process, against a
// simulated KEC that misbehaves, and checks after every step that nothing is lost,
// bought twice, forgotten or leaked. Only tests import it.
package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

const (
	resourceType = "kec_spot_instance"
	fleetType    = "kec_spot_fleet"
)

// schemas are the shapes of the provider block and of a resource. They are the
// same for every server, so they are asked for once.
type schemas struct {
	kind               string // of the resource
	provider, resource tftypes.Object
	identity           tftypes.Type
	computed           map[string]bool // attributes that the provider may fill
	nested             map[string]bool // those of the elements of lists, as "data_disks.id"
}

var (
	known      = sync.OnceValues(func() (*schemas, error) { return schemasOf(resourceType) })
	knownFleet = sync.OnceValues(func() (*schemas, error) { return schemasOf(fleetType) })
)

func schemasOf(kind string) (*schemas, error) {
	server := provider.Server("test")()
	all, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	identities, err := server.GetResourceIdentitySchemas(context.Background(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	s := &schemas{kind: kind, computed: map[string]bool{}, nested: map[string]bool{}}
	if identity := identities.IdentitySchemas[kind]; identity != nil {
		s.identity = identity.ValueType()
	}
	var ok, ok2 bool
	s.provider, ok = all.Provider.ValueType().(tftypes.Object)
	s.resource, ok2 = all.ResourceSchemas[kind].ValueType().(tftypes.Object)
	if !ok || !ok2 {
		return nil, errors.New("the schema is no object")
	}
	for _, a := range all.ResourceSchemas[kind].Block.Attributes {
		s.computed[a.Name] = a.Computed
		if a.NestedType != nil {
			for _, inner := range a.NestedType.Attributes {
				s.nested[a.Name+"."+inner.Name] = inner.Computed
			}
		}
	}
	return s, nil
}

// object fills an object type: what values lacks is null.
func object(of tftypes.Object, values map[string]tftypes.Value) tftypes.Value {
	all := make(map[string]tftypes.Value, len(of.AttributeTypes))
	for name, t := range of.AttributeTypes {
		if v, ok := values[name]; ok {
			all[name] = v
		} else {
			all[name] = tftypes.NewValue(t, nil)
		}
	}
	return tftypes.NewValue(of, all)
}

func text(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

// number is a decimal as a CLI reads it from a configuration.
func number(decimal string) *big.Float {
	f, _, _ := big.ParseFloat(decimal, 10, 512, big.ToNearestEven)
	return f
}

func texts(all ...string) tftypes.Value {
	var list []tftypes.Value
	for _, s := range all {
		list = append(list, text(s))
	}
	return tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, list)
}

// entry is what a state file holds of one resource.
type entry struct {
	value    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
	tainted  bool
}

func (e *entry) id() string {
	if e == nil {
		return ""
	}
	return attribute(e.value, "id")
}

// identityOf is the identity that goes with an entry, as text.
func (c *core) identityOf(e *entry) string {
	if e.identity == nil || e.identity.IdentityData == nil {
		return "none"
	}
	v, err := e.identity.IdentityData.Unmarshal(c.identity)
	if err != nil {
		return err.Error()
	}
	return v.String()
}

// attribute is the text of a top-level attribute, "" where there is none.
func attribute(of tftypes.Value, name string) string {
	var all map[string]tftypes.Value
	if of.IsNull() || of.As(&all) != nil {
		return ""
	}
	v, ok := all[name]
	if !ok || !v.IsKnown() || v.IsNull() {
		return ""
	}
	var s string
	if v.As(&s) != nil {
		return ""
	}
	return s
}

// core is a CLI: a state, and the process of the provider that it has started.
type core struct {
	*schemas
	connect func() []ksyun.Option // of a process that is started
	config  map[string]tftypes.Value

	wrap    func(tfprotov6.ProviderServer) tfprotov6.ProviderServer // of a test that looks at requests, else nil
	server  tfprotov6.ProviderServer
	stopped atomic.Bool // by the user: nothing new is begun

	mu     sync.Mutex
	plans  []planned // since the last check
	state  map[string]*entry
	said   []string            // every message of the provider since the last check
	heard  []string            // the same, with severity and place
	errors map[string][]string // the errors among them, by address; "" for those of the provider block
}

func (c *core) entry(address string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state[address]
}

// put replaces what the state holds of an address; nil takes it out.
func (c *core) put(address string, e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e == nil {
		delete(c.state, address)
		return
	}
	c.state[address] = e
}

// deaf forgets what the provider has said.
func (c *core) deaf() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said, c.heard, c.plans, c.errors = nil, nil, nil, map[string][]string{}
}

// complaints are all errors since the last check.
func (c *core) complaints() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, address := range slices.Sorted(maps.Keys(c.errors)) {
		all = append(all, c.errors[address]...)
	}
	return strings.Join(all, "\n")
}

func newCore(config map[string]tftypes.Value, connect func() []ksyun.Option) (*core, error) {
	return coreOf(known, config, connect)
}

func coreOf(shapes func() (*schemas, error), config map[string]tftypes.Value, connect func() []ksyun.Option) (*core, error) {
	s, err := shapes()
	if err != nil {
		return nil, err
	}
	return &core{
		schemas: s, connect: connect, config: config, state: map[string]*entry{}, errors: map[string][]string{},
	}, nil
}

// start starts the process of the provider anew, as each command of a CLI does.
func (c *core) start(ctx context.Context) error {
	c.stopped.Store(false)
	c.server = provider.Server("test", c.connect()...)()
	if c.wrap != nil {
		c.server = c.wrap(c.server)
	}
	config, err := tfprotov6.NewDynamicValue(c.provider, object(c.provider, c.config))
	if err != nil {
		return err
	}
	resp, err := c.server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: &config, TerraformVersion: "1.12.0"})
	if err != nil {
		return err
	}
	if c.hear("", resp.Diagnostics) {
		return errors.New("the provider cannot be configured: " + c.complaints())
	}
	return nil
}

// hear notes what the provider says of an address, and tells whether it is an error.
func (c *core) hear(address string, diagnostics []*tfprotov6.Diagnostic) (failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range diagnostics {
		message := d.Summary + "\n" + d.Detail
		c.said = append(c.said, message)
		c.heard = append(c.heard, fmt.Sprintf("%s at %q: %s", d.Severity, d.Attribute, message))
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			failed = true
			c.errors[address] = append(c.errors[address], message)
		}
	}
	return failed
}

func (c *core) dynamic(v tftypes.Value) *tfprotov6.DynamicValue {
	d, err := tfprotov6.NewDynamicValue(c.resource, v)
	if err != nil {
		panic(err) // a mistake of this package
	}
	return &d
}

func (c *core) read(d *tfprotov6.DynamicValue) tftypes.Value {
	if d == nil {
		return tftypes.NewValue(c.resource, nil)
	}
	v, err := d.Unmarshal(c.resource)
	if err != nil {
		panic(err)
	}
	return v
}

// ids are what the state holds, by address.
func (c *core) ids() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := map[string]string{}
	for address, e := range c.state {
		ids[address] = e.id()
	}
	return ids
}

func (c *core) addresses() []string { return slices.Sorted(maps.Keys(c.ids())) }

// refresh reads one resource anew. It is false after an error.
func (c *core) refresh(ctx context.Context, address string) bool {
	e := c.entry(address)
	switch {
	case c.stopped.Load():
		return false
	case e == nil:
		return true
	}
	resp, err := c.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: c.kind, CurrentState: c.dynamic(e.value), Private: e.private, CurrentIdentity: e.identity,
	})
	if err != nil || c.hear(address, resp.Diagnostics) {
		return false
	}
	value := c.read(resp.NewState)
	if value.IsNull() {
		c.put(address, nil)
		return true
	}
	c.put(address, &entry{value, resp.Private, resp.NewIdentity, e.tainted})
	return true
}

// stop interrupts what the provider is doing.
func (c *core) stop(ctx context.Context) error {
	c.stopped.Store(true)
	resp, err := c.server.StopProvider(ctx, &tfprotov6.StopProviderRequest{})
	if err != nil {
		return err
	}
	if resp.Error != "" {
		return fmt.Errorf("StopProvider: %s", resp.Error)
	}
	return nil
}

// account is the provider block of a simulator.
func account(preflight string) map[string]tftypes.Value {
	return map[string]tftypes.Value{
		"region": text(kecsim.Region), "access_key": text(kecsim.AccessKey), "secret_key": text(kecsim.SecretKey),
		"endpoint": text("http://127.0.0.1:1"), "preflight": text(preflight),
	}
}
