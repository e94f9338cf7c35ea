package provider_test

import (
	"archive/zip"
	"encoding/base64"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// Secrets go in the ways a user has: keys through the environment, the password
// through an ephemeral variable. Then every file that the CLI leaves behind and
// every word that it says is searched for them.
func TestAccSecrets_areNowhere(t *testing.T) {
	t.Parallel()
	const (
		accessKey = "AKLTsecretive"
		secretKey = "s3cr3t+key/with=signs"
		token     = "t0ken+of/temporary==keys"
		password  = "Pa55+word/&?%"
		script    = "#!/bin/sh\nexport CANARY='us3r+data/secret'\n"
	)
	env := acctest.New(t)
	env.Sim.AddKey(accessKey, secretKey, token)
	w := env.BinaryWorkspace(t)
	log := filepath.Join(w.Dir, "trace.log")
	w.Setenv("KSYUN_REGION="+kecsim.Region, "KSYUN_ACCESS_KEY="+accessKey, "KSYUN_SECRET_KEY="+secretKey, "KSYUN_SECURITY_TOKEN="+token,
		"KEC_ENDPOINT="+env.URL, "TF_VAR_password="+password, "TF_LOG=TRACE", "TF_LOG_PATH="+log)
	write := func(more string) {
		w.Write(acctest.Expand(`provider "kec" {}
variable "password" {
  type      = string
  ephemeral = true
}
resource "kec_spot_instance" "a" {
  instance_type       = "N3.2B"
  image_id            = "@ubuntu"
  subnet_id           = "@subnet_a"
  security_group_ids  = ["@group"]
  password_wo         = var.password
  password_wo_version = 1
  ` + more + `
}
`))
	}
	write("")

	var said []string
	say := func(r acctest.Result) acctest.Result {
		said = append(said, r.Raw)
		return r
	}
	plan := filepath.Join(w.Dir, "saved.plan")
	say(w.Plan("-out="+plan)).Want(t, 2)
	say(w.CLI("show", "-json", plan)).Want(t, 0)
	// A service that repeats the request in its message, secrets and all.
	env.Sim.FailNext("RunInstances", kecsim.Fault{Code: "InvalidParameterValue", Message: "cannot do", Echo: true}, 1)
	say(w.Apply()).Want(t, 1, "Error: KEC does not accept a value", "cannot do", "(hidden)")
	say(w.Apply()).Want(t, 0)
	say(w.CLI("show", "-json")).Want(t, 0)
	env.Sim.FailNext("*", kecsim.Fault{Status: 403, Code: "SignatureDoesNotMatch", Message: "no", Echo: true}, 2)
	say(w.Plan()).Want(t, 1)
	say(w.CLI("state", "show", "kec_spot_instance.a")).Want(t, 0)

	for _, call := range env.Sim.Calls() {
		if call.Action == "RunInstances" && call.Params.Get("InstancePassword") != password {
			t.Errorf("the password did not arrive: %q", call.Params.Get("InstancePassword"))
		}
	}
	places := map[string]string{"what the CLI says": strings.Join(said, "\n")}
	for _, file := range []string{log, filepath.Join(w.Dir, "terraform.tfstate"), filepath.Join(w.Dir, "terraform.tfstate.backup")} {
		content, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		places[filepath.Base(file)] = string(content)
	}
	if !strings.Contains(places["trace.log"], "KEC request") || !strings.Contains(places["trace.log"], "action=RunInstances") {
		t.Error("the log does not hold the provider's own lines, so searching it proves nothing")
	}
	unzip(t, plan, places)
	for place, content := range places {
		for name, secret := range map[string]string{
			"access key": accessKey, "secret key": secretKey, "token": token, "password": password,
		} {
			for form, text := range forms(secret) {
				if strings.Contains(content, text) {
					t.Errorf("the %s is in %s, %s", name, place, form)
				}
			}
		}
	}

	// User data is an ordinary attribute of plan and state, but of no log and no
	// message.
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	write("user_data = " + quoted(script))
	env.Sim.FailNext("RunInstances", kecsim.Fault{Code: "InvalidParameterValue", Message: "cannot do", Echo: true}, 1)
	got := w.Apply().Want(t, 1, "cannot do")
	_, message, _ := strings.Cut(got.Raw, "Error:")
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for form, text := range forms("us3r+data/secret") {
		if strings.Contains(message, text) || strings.Contains(string(content), text) {
			t.Errorf("user data is in the message or the log, %s", form)
		}
	}
	if whole := base64.StdEncoding.EncodeToString([]byte(script)); strings.Contains(message, whole) || strings.Contains(string(content), whole) {
		t.Error("the encoded user data is in the message or the log")
	}
}

func forms(secret string) map[string]string {
	return map[string]string{
		"as it is":               secret,
		"escaped for a query":    url.QueryEscape(secret),
		"escaped for a path":     url.PathEscape(secret),
		"in base64":              base64.StdEncoding.EncodeToString([]byte(secret)),
		"in base64 for URLs":     base64.URLEncoding.EncodeToString([]byte(secret)),
		"in base64, not padded":  base64.RawStdEncoding.EncodeToString([]byte(secret)),
		"escaped as JSON escape": strings.NewReplacer("&", `\u0026`).Replace(secret),
	}
}

func quoted(s string) string {
	return `"` + strings.NewReplacer("\n", `\n`).Replace(s) + `"`
}

// unzip adds what a plan file holds.
func unzip(t *testing.T, file string, places map[string]string) {
	t.Helper()
	archive, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		places["the plan file's "+f.Name] = string(content)
	}
}
