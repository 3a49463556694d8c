package config

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// compose is the part of docker-compose.yml that decides who can reach what.
type compose struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Profiles    []string          `yaml:"profiles"`
		Ports       []string          `yaml:"ports"`
		Networks    []string          `yaml:"networks"`
		NetworkMode string            `yaml:"network_mode"`
		Privileged  bool              `yaml:"privileged"`
		Environment map[string]string `yaml:"environment"`
		Command     []string          `yaml:"command"`
		Secrets     []string          `yaml:"secrets"`
		Volumes     []string          `yaml:"volumes"`
		Restart     string            `yaml:"restart"`
		Healthcheck map[string]any    `yaml:"healthcheck"`
		DependsOn   map[string]any    `yaml:"depends_on"`
	} `yaml:"services"`
	Networks map[string]struct {
		Internal bool `yaml:"internal"`
	} `yaml:"networks"`
	Secrets map[string]struct {
		File string `yaml:"file"`
	} `yaml:"secrets"`
}

// root is the repository, as seen from this package's tests.
const root = "../.."

func readRoot(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func composeFile(t *testing.T) compose {
	t.Helper()
	var file compose
	if err := yaml.Unmarshal([]byte(readRoot(t, "docker-compose.yml")), &file); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"postgres", "temporal", "temporal-ui", "miniflow"} {
		if _, there := file.Services[name]; !there {
			t.Fatalf("no service %s", name)
		}
	}
	return file
}

// Anyone who reaches Temporal's frontend or its database can forge signals.
func TestComposePublishesNeitherTemporalNorItsUI(t *testing.T) {
	file := composeFile(t)
	if !file.Networks["inside"].Internal {
		t.Error("the network inside has to be internal")
	}
	for name, service := range file.Services {
		if service.NetworkMode != "" || service.Privileged {
			t.Errorf("%s steps out of its networks", name)
		}
		for _, port := range service.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") || strings.Contains(port, "7233") || strings.Contains(port, "5432") {
				t.Errorf("%s publishes %s", name, port)
			}
		}
		if public := name == "miniflow" || name == "temporal-ui"; !public {
			if len(service.Ports) > 0 || len(service.Networks) != 1 || service.Networks[0] != "inside" {
				t.Errorf("%s has to be on the network inside alone, without ports", name)
			}
		}
	}
	if ui := file.Services["temporal-ui"]; len(ui.Profiles) == 0 {
		t.Error("the Web UI has to wait for its profile")
	}
}

func TestComposeKeepsSecretsInFiles(t *testing.T) {
	file := composeFile(t)
	secretName := regexp.MustCompile(`(?i)password|secret|key|token|pwd`)
	for name, service := range file.Services {
		for variable, value := range service.Environment {
			if secretName.MatchString(variable) && !strings.HasPrefix(value, "/run/secrets/") {
				t.Errorf("%s has the secret %s in its environment", name, variable)
			}
		}
		for _, secret := range service.Secrets {
			if _, defined := file.Secrets[secret]; !defined {
				t.Errorf("%s uses the undefined secret %s", name, secret)
			}
		}
	}
	if rules := readRoot(t, "deploy/secrets/.gitignore"); !strings.Contains(rules, "\n*\n") {
		t.Error("deploy/secrets is not ignored")
	}
	if rules := readRoot(t, ".dockerignore"); !strings.Contains(rules, "deploy/secrets\n") {
		t.Error("the image is built from deploy/secrets too")
	}
	for name, secret := range file.Secrets {
		if filepath.Dir(secret.File) != "deploy/secrets" {
			t.Errorf("%s lies in %s, which is not ignored", name, secret.File)
		}
	}
}

// A service that stays up has a health check; one that ends is waited for.
func TestComposeServicesAreWatched(t *testing.T) {
	file := composeFile(t)
	for name, service := range file.Services {
		if ends := strings.HasPrefix(service.Restart, "on-failure"); !ends && len(service.Healthcheck) == 0 {
			t.Errorf("%s has no health check", name)
		}
		for other := range service.DependsOn {
			if _, there := file.Services[other]; !there {
				t.Errorf("%s depends on the unknown %s", name, other)
			}
		}
		if strings.HasSuffix(service.Image, ":latest") {
			t.Errorf("%s takes whatever is newest", name)
		}
	}
}

func TestImageDoesNotRunAsRoot(t *testing.T) {
	text := readRoot(t, "Dockerfile")
	last := text[strings.LastIndex(text, "\nFROM "):]
	if !regexp.MustCompile(`(?m)^USER [1-9]\d*$`).MatchString(last) {
		t.Error("the last stage has no numeric USER")
	}
	if !strings.Contains(text, "CGO_ENABLED=0 go build -trimpath") {
		t.Error("the program has to be static and free of local paths")
	}
}

// The configuration that compose mounts loads, with the secrets that compose mounts.
func TestDeployedConfigurationLoads(t *testing.T) {
	b := newBundle(t)
	b.file("app_private_key", "MIIcanary")
	b.file("alipay_public_key", publicKey)
	b.file("api_key", apiKey)
	b.file("sealing_key", sealingKey())
	config := b.mustLoad(strings.ReplaceAll(readRoot(t, "deploy/miniflow.yaml"), "/run/secrets", b.dir))
	file := composeFile(t)
	for _, secret := range file.Services["miniflow"].Secrets {
		if !strings.Contains(readRoot(t, "deploy/miniflow.yaml"), "/run/secrets/"+secret+"\n") {
			t.Errorf("the secret %s is mounted and not used", secret)
		}
	}
	if config.Listen != ":8080" {
		t.Errorf("listens on %s, but port 8080 is published", config.Listen)
	}
}

// What Miniflow keeps outlives its container, which can write nowhere else.
func TestComposeKeepsWhatMiniflowKeeps(t *testing.T) {
	var written struct {
		Files struct {
			Store struct{ Folder string }
		}
		Archive struct{ Folder string }
		Audit   struct{ Dir string }
		Console struct {
			PeopleFile string `yaml:"people_file"`
		}
	}
	if err := yaml.Unmarshal([]byte(readRoot(t, "deploy/miniflow.yaml")), &written); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{written.Files.Store.Folder, written.Archive.Folder, written.Audit.Dir, written.Console.PeopleFile} {
		kept := slices.ContainsFunc(composeFile(t).Services["miniflow"].Volumes, func(volume string) bool {
			name, at, _ := strings.Cut(volume, ":")
			return !strings.Contains(name, "/") && strings.HasPrefix(path, at+"/")
		})
		if !kept {
			t.Errorf("%q is on no volume", path)
		}
	}
}
