package sns

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"time"
)

// signer signs requests with AWS Signature Version 4.
type signer struct {
	id, secret, session, region, service string
	now                                  func() time.Time
}

// sign returns the headers that make a request one of the signer's.
func (s *signer) sign(method string, to *url.URL, contentType string, body []byte) http.Header {
	at := s.now().UTC()
	stamp, day := at.Format("20060102T150405Z"), at.Format("20060102")
	header := http.Header{"X-Amz-Date": {stamp}}
	signed, canonical := "content-type;host;x-amz-date", "content-type:"+contentType+"\nhost:"+to.Host+"\nx-amz-date:"+stamp+"\n"
	if s.session != "" {
		header.Set("X-Amz-Security-Token", s.session)
		signed += ";x-amz-security-token"
		canonical += "x-amz-security-token:" + s.session + "\n"
	}
	request := method + "\n" + to.EscapedPath() + "\n" + to.RawQuery + "\n" + canonical + "\n" + signed + "\n" + hash(body)
	scope := day + "/" + s.region + "/" + s.service + "/aws4_request"
	text := "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hash([]byte(request))
	key := []byte("AWS4" + s.secret)
	for _, part := range []string{day, s.region, s.service, "aws4_request"} {
		key = mac(key, part)
	}
	header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+s.id+"/"+scope+", SignedHeaders="+signed+", Signature="+hex.EncodeToString(mac(key, text)))
	return header
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
