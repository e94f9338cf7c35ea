package structure

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers are the packages of the provider, from top to bottom. A package imports only packages of
// lower layers, and those beside. docs/notes/architecture.md has the picture.
var layers = [][]string{
	{"main"},
	{"provider"},
	{"spotinstance", "spotfleet", "spotaction", "spotorder", "catalog"},
	{"wizard", "inventory", "session"},
	{"preflight"},
	{"failure"},
	{"market"},
	{"machines"},
	{"kec"},
	{"ksyun"},
}

// beside are packages that any layer above the client may use: they know Terraform and nothing of
// KEC.
var beside = map[string][]string{
	"param":   {"tfvalue"},
	"tfvalue": nil,
	"guard":   nil,
}

// apart are packages that are no part of the provider, with what they may import of this
// repository.
var apart = map[string][]string{
	"kecsim":            {"kecsim/protocol"},
	"kecsim/protocol":   nil,
	"kecsim/control":    {"kecsim", "kecsim/protocol"},
	"kecsim/testclient": {"kecsim", "kecsim/protocol"},
	"kecsim/page":       {"kecsim", "kecsim/control"},
	"kecsim/scenario":   {"kecsim", "kecsim/control"},
	"kecsim/worlds":     {"kecsim"},
	"kecsim/cmd/kecsim": {"kecsim", "kecsim/control", "kecsim/page", "kecsim/scenario"},
	"kectest":           {"kec", "ksyun"},
	"acctest":           {"provider", "kecsim", "kecsim/control", "kecsim/worlds", "ksyun", "machines", "tools/rehearsal"},
	"conform":           {"kec", "ksyun", "machines"},
	"chaos":             {"provider", "kecsim", "ksyun", "kec", "machines"},
	"tools":             nil,
	"tools/bench":       {"tools/rehearsal", "kecsim"},
	"tools/conform":     {"conform", "ksyun", "tools/rehearsal"},
	"tools/demo":        {"tools/rehearsal", "kecsim"},
	"tools/guides":      {"failure", "wizard", "spotinstance", "param"},
	"tools/mutate":      nil,
	"tools/rehearsal":   nil,
	"tools/schemajson":  {"provider"},
	"tools/structure":   nil,
}

// layer is the place of a package in layers, -1 for one that has none.
func layer(name string) int {
	return slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, name) })
}

// allowed tells whether one package of this repository may import another.
func allowed(from, to string) bool {
	_, to2 := beside[to]
	switch may, isBeside := beside[from]; {
	case layer(from) >= 0:
		return layer(to) > layer(from) || to2 && layer(from) <= layer("failure")
	case isBeside:
		return slices.Contains(may, to)
	default:
		return slices.Contains(apart[from], to)
	}
}

func TestLayers_importDownwards(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := p.name()
		_, isBeside := beside[name]
		if _, isApart := apart[name]; layer(name) < 0 && !isBeside && !isApart {
			t.Errorf("package %s has no place in layers, beside or apart", name)
		}
		for _, path := range p.Imports {
			if to, ok := strings.CutPrefix(path, module+"/internal/"); ok && !allowed(name, to) {
				t.Errorf("package %s imports %s, which is not below it", name, to)
			}
		}
	}
}

// Terraform stays above the client, and the simulator needs nothing but the standard library; its
// scenarios need Terraform's parser, too, and its command those that it comes with.
func TestLayers_knowOnlyWhatTheyShould(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, path := range p.Imports {
			dotted := strings.Contains(strings.SplitN(path, "/", 2)[0], ".")
			parser := p.name() == "kecsim/scenario" && (strings.HasPrefix(path, "github.com/hashicorp/hcl/v2") || strings.HasPrefix(path, "github.com/zclconf/go-cty/cty"))
			own := p.name() == "kecsim/cmd/kecsim" && path == module+"/examples/rehearsal"
			switch name := p.name(); {
			case layer(name) > layer("failure") && strings.HasPrefix(path, "github.com/hashicorp/terraform-"):
				t.Errorf("package %s imports %s: below failure nothing knows of Terraform", name, path)
			case strings.HasPrefix(name, "kecsim") && dotted && !parser && !own && !strings.HasPrefix(path, module+"/internal/kecsim"):
				t.Errorf("package %s imports %s: the simulator needs nothing but the standard library", name, path)
			}
		}
	}
}

// The linter tells a developer of a wrong import at its line. It has a rule for each layer, and
// none for what does not exist.
func TestLayers_haveALinterRuleEach(t *testing.T) {
	t.Parallel()
	dir, err := root()
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(dir, ".golangci.yml"))
	if err != nil {
		t.Fatal(err)
	}
	ruled := map[string]bool{}
	for _, m := range regexp.MustCompile(`"\*\*/internal/([a-z/]+?)/(?:\*\*|\*\.go)"`).FindAllStringSubmatch(string(config), -1) {
		ruled[m[1]] = true
	}
	for _, m := range regexp.MustCompile(regexp.QuoteMeta(module)+`/internal/([a-z/]+)`).FindAllStringSubmatch(string(config), -1) {
		if _, err := os.Stat(filepath.Join(dir, "internal", strings.TrimSuffix(m[1], "/"))); err != nil {
			t.Errorf(".golangci.yml speaks of %s, which does not exist", m[1])
		}
	}
	for name := range ruled {
		if _, err := os.Stat(filepath.Join(dir, "internal", name)); err != nil {
			t.Errorf(".golangci.yml has a rule for %s, which does not exist", name)
		}
	}
	for _, l := range layers {
		for _, name := range l {
			if name != "main" && !ruled[name] {
				t.Errorf(".golangci.yml has no rule for the files of %s", name)
			}
		}
	}
}
