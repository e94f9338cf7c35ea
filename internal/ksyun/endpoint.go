package ksyun

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Endpoints are the base URLs of the services, such as "https://kec.api.ksyun.com" or
// "http://127.0.0.1:8080". An empty one means the documented host over https. CheckEndpoint says
// what is allowed.
type Endpoints struct{ KEC, Trade, VPC, Tag, IAM string }

// Service is one of the APIs, by its name in the signing scope.
type Service string

// The services that a spot instance needs.
const (
	KEC   Service = "kec"
	Trade Service = "trade"
	VPC   Service = "vpc"
	Tag   Service = "tagv2"
	IAM   Service = "iam"
)

// scope names the service and the region in a signature (fact 21: the scope). Orders are signed for
// cn-beijing-6, whatever the region of the instance (fact 27: trade has one region).
func (s Service) scope(region string) (string, string) {
	if s == Trade {
		region = "cn-beijing-6"
	}
	return string(s), region
}

// resolve returns the base URL of each service. The hosts are documented (facts 1 and 3: one host
// for each service).
func (e Endpoints) resolve() (map[Service]*url.URL, error) {
	base := map[Service]*url.URL{}
	for s, raw := range map[Service]string{
		KEC: e.KEC, Trade: e.Trade, VPC: e.VPC, Tag: e.Tag, IAM: e.IAM,
	} {
		if raw == "" {
			raw = "https://" + string(s) + ".api.ksyun.com"
		}
		u, err := parseEndpoint(raw)
		if err != nil {
			return nil, fmt.Errorf("%s endpoint: %w", s, err)
		}
		base[s] = u
	}
	return base, nil
}

// Host is the host, and the port if it is not the default one, to which calls of a service go.
func (c *Client) Host(s Service) string { return c.base[s].Host }

// CheckEndpoint says in one sentence what forbids raw as an endpoint. Allowed are https to any host
// and http to this machine (localhost, 127.0.0.0/8, ::1), with an optional port and an optional
// "/". The error never repeats user info.
func CheckEndpoint(raw string) error {
	_, err := parseEndpoint(raw)
	return err
}

func parseEndpoint(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" {
		return nil, errors.New("the endpoint is not a URL such as \"https://kec.api.ksyun.com\"")
	}
	host := u.Hostname()
	switch {
	case u.User != nil:
		return nil, errors.New("the endpoint must not hold a user name or password")
	case strings.Contains(raw, "?"):
		return nil, errors.New("the endpoint must not hold a query")
	case strings.Contains(raw, "#"):
		return nil, errors.New("the endpoint must not hold a fragment")
	case u.Scheme == "":
		return nil, errors.New("the endpoint must begin with https://")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("the endpoint's scheme is %q, but only https is allowed, and http to this machine", u.Scheme)
	case host == "":
		return nil, errors.New("the endpoint names no host")
	case u.Path != "" && u.Path != "/":
		return nil, errors.New("the endpoint must not hold a path")
	case u.Scheme == "http" && !loopback(host):
		return nil, fmt.Errorf("the endpoint uses http to %s, but http is allowed only to this machine (localhost, 127.0.0.1, ::1): use https",
			host)
	}
	port := u.Port()
	if port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return nil, errors.New("the endpoint's port is not a number from 1 to 65535")
		}
	}
	// The signer drops a default port from the host that it signs, and the brackets of an IPv6
	// address with it. Without the port there is nothing to drop, and what is signed is what is
	// sent.
	if port == map[string]string{"https": "443", "http": "80"}[u.Scheme] {
		port = ""
	}
	at := host
	if port != "" {
		at = net.JoinHostPort(host, port)
	} else if strings.Contains(host, ":") {
		at = "[" + host + "]"
	}
	return &url.URL{Scheme: u.Scheme, Host: at, Path: "/"}, nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
