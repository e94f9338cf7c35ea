package main

import (
	"archive/zip"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	root    = "../../../.." // of the repository
	module  = "github.com/kingsoftcloud/terraform-provider-kec"
	release = "v0.7.3"
)

// The first command of the guide works for somebody who has nothing but Go: it fetches the module
// as a release of it would be fetched, here from a proxy of files, builds it, and the simulator
// says which release it is. A go.mod with replacements, for one, would be refused.
func TestInstall_asTheGuideSays(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(root + "/internal/tools/guides/rehearsing.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^go (install \S+@latest)$`).FindSubmatch(guide)
	if command == nil {
		t.Fatal("the guide has no line that installs the simulator")
	}
	proxies := "file://" + published(t) + ",file://" + fetched(t)
	dir := t.TempDir()
	install := exec.Command("go", strings.Fields(string(command[1]))...)
	install.Dir = dir
	// With -trimpath, what the packages of other modules compile to does not depend on the folder
	// that they are in, and comes from the build cache.
	install.Env = append(os.Environ(), "GOPROXY="+proxies, "GOSUMDB=off", "GOPRIVATE=none", "GONOPROXY=none", "GOTOOLCHAIN=local", "GOWORK=off",
		"GOMODCACHE="+filepath.Join(dir, "modules"), "GOBIN="+filepath.Join(dir, "bin"), "GOFLAGS=-modcacherw -trimpath", "CGO_ENABLED=0")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", install, err, out)
	}
	out, err := exec.Command(filepath.Join(dir, "bin", "kecsim"), "-version").CombinedOutput()
	if want := "kecsim " + strings.TrimPrefix(release, "v") + "\n"; err != nil || string(out) != want {
		t.Errorf("kecsim -version: %v %q, want %q", err, out, want)
	}
}

// published makes a proxy that has this module in one release.
func published(t *testing.T) (proxy string) {
	t.Helper()
	proxy = t.TempDir()
	dir := filepath.Join(proxy, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(root + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"list": release + "\n", release + ".info": `{"Version":"` + release + `"}`, release + ".mod": string(mod)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	packed(t, filepath.Join(dir, release+".zip"))
	return proxy
}

// madeHere are the folders below the root that hold what was made and is not committed.
var madeHere = []string{".git", "bin", "build", "dist"}

// packed makes the archive of the module, as a proxy makes it of the repository: all of its files,
// without modules inside of it.
func packed(t *testing.T, name string) {
	t.Helper()
	archive, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	into := zip.NewWriter(archive)
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(root, path)
		if err != nil || below == "." {
			return err
		}
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil || slices.Contains(madeHere, below) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || below == ".git" { // in a second work tree .git is a file
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		entry, err := into.CreateHeader(&zip.FileHeader{Name: module + "@" + release + "/" + filepath.ToSlash(below), Method: zip.Store})
		if err == nil {
			_, err = entry.Write(content)
		}
		return err
	})
	if err := errors.Join(err, into.Close(), archive.Close()); err != nil {
		t.Fatal(err)
	}
}

// fetched is a proxy of what Go has fetched to build this test: every module that the simulator
// needs, without the network. It skips the test where they are not there, such as with a vendor
// folder.
func fetched(t *testing.T) (proxy string) {
	t.Helper()
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Skip("there is no go command, which this test needs: ", err)
	}
	needed, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}/@v/{{.Version}}{{end}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	proxy = filepath.Join(strings.TrimSpace(string(cache)), "cache", "download")
	for _, one := range slices.Compact(slices.Sorted(slices.Values(strings.Fields(string(needed))))) {
		// A proxy spells a capital letter as ! and the small one.
		archive := filepath.Join(proxy, regexp.MustCompile(`[A-Z]`).ReplaceAllStringFunc(one, func(c string) string { return "!" + strings.ToLower(c) })+".zip")
		if _, err := os.Stat(archive); err != nil {
			t.Skip("Go has not kept what it has fetched, which this test needs: ", err)
		}
	}
	return proxy
}
