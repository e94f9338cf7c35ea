package ksyun

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// failedToConnect reports an error that comes before the first byte of a request: no address, no
// connection, no trust.
func failedToConnect(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	_, dns := errors.AsType[*net.DNSError](err)
	return dns || Untrusted(err)
}

// handshakeError is a TLS handshake that fails in the same way however often it is tried, such as
// one with a server that speaks no TLS 1.2.
type handshakeError struct{ cause error }

func (e *handshakeError) Error() string {
	return "no TLS connection, for which 1.2 or newer is needed: " + e.cause.Error()
}
func (e *handshakeError) Unwrap() error { return e.cause }

// ofHandshake is the error of an attempt, marked if it is that of its TLS handshake and repeating
// cannot cure it. Connections that break or are too slow can be cured, and so can the two alerts of
// a server that has failed by itself.
func ofHandshake(err error, handshake *error) error {
	if err == nil || handshake == nil || !errors.Is(err, *handshake) || Untrusted(err) {
		return err
	}
	_, broken := errors.AsType[syscall.Errno](err)
	network, isNetwork := errors.AsType[net.Error](err)
	switch {
	case broken, isNetwork && network.Timeout(), ended(err), errors.Is(err, net.ErrClosed),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		strings.HasSuffix(err.Error(), "tls: internal error"), strings.HasSuffix(err.Error(), "tls: user canceled"):
		return err
	}
	return &handshakeError{err}
}

// Untrusted reports a server with which there can be no trusted connection: it could not prove to
// be the one that was meant, or speaks no TLS that is good enough. Repeating does not help.
func Untrusted(err error) bool {
	if n, ok := errors.AsType[*networkError](err); ok {
		err = n.cause
	}
	_, verify := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, name := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	_, handshake := errors.AsType[*handshakeError](err)
	return verify || authority || name || invalid || plain || handshake || errors.Is(err, http.ErrSchemeMismatch)
}
