package validation

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"
)

// trouble words an error of the network, and what to do about it.
func (v *visit) trouble(err error) finding {
	var lookup *net.DNSError
	var record tls.RecordHeaderError
	switch {
	case isCertificate(err):
		return v.distrust(err)
	case errors.As(err, &record):
		return failed("use http:// if the server has no TLS, or give it a certificate", "it does not speak TLS")
	case errors.As(err, &lookup):
		return failed("check how the host is spelled, and its DNS record", "the host cannot be found: %v", lookup)
	case isTimeout(err):
		return failed("look whether the process hangs, is overloaded, or a proxy or firewall on the way swallows this", "no answer within %v", v.patience)
	case errors.Is(err, syscall.ECONNREFUSED):
		return failed("start the server, or check host and port", "nobody listens at %s", v.url.Host)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return failed("read the logs of the server and of the proxy before it: one of them ends this", "the connection is cut before there is an answer")
	case errors.Is(err, errTooLarge):
		return failed("look whether this is the right address: no answer of an engine is so large", "%v", err)
	}
	return failed("read the logs of the server and of the proxy before it", "%s", printable(err.Error()))
}

// refused words an answer over HTTP to who wants to connect; otherwise is what to do
// where the status does not say.
func (v *visit) refused(status int, otherwise string) finding {
	do, why := otherwise, ""
	switch {
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		do = "see what /health says: it is overloaded, shutting down, or limits this address"
	case status == http.StatusForbidden:
		do, why = "let the proxy before the server pass Host on as it is, or set server.dashboard_url to "+v.origin(), ", for a page of "+v.origin()
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout:
		do, why = lookBehindProxy, ", which is the word of a proxy"
	case status >= 300 && status < 400:
		do = followRedirect
	}
	return failed(do, "refused: %d %s%s", status, http.StatusText(status), why)
}

// What to do about answers that come from before the server.
const (
	lookBehindProxy = "look whether the engine behind the proxy runs, and where the proxy looks for it"
	followRedirect  = "validate the address that it leads to, or take the redirect away"
)

func isTimeout(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}

func isCertificate(err error) bool {
	var verification *tls.CertificateVerificationError
	return errors.As(err, &verification)
}

// distrust words why a certificate does not count.
func (v *visit) distrust(err error) finding {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && v.now().Before(invalid.Cert.NotBefore):
		return failed("check the clocks of both machines", "the certificate begins only at %s", shownTime(invalid.Cert.NotBefore))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return failed("renew the certificate; the engine takes new files without a restart", "the certificate ended at %s", shownTime(invalid.Cert.NotAfter))
	case errors.As(err, &host):
		return failed("use a name that the certificate has, or get one for this host", "the certificate is for others than %s: %v", v.url.Hostname(), host)
	case errors.As(err, &unknown):
		return failed("send the whole chain with the certificate; if the authority is your own, give its certificate as --ca FILE", "the certificate is signed by nobody who is trusted here")
	}
	return failed("look at the certificate and its chain", "the certificate does not count: %v", err)
}

func shownTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// maxPrintable bounds what is shown of an error.
const maxPrintable = 300

// printable makes an error fit to be shown: a server may have a part in its text.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return '.'
		}
		return r
	}, text[:min(len(text), maxPrintable)])
}
