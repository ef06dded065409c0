package sns

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestSignature signs the request that AWS's documentation of Signature Version 4
// works through.
func TestSignature(t *testing.T) {
	s := signer{id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "us-east-1", service: "iam",
		now: func() time.Time { return time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC) }}
	to, err := url.Parse("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08")
	if err != nil {
		t.Fatal(err)
	}
	got := s.sign("GET", to, "application/x-www-form-urlencoded; charset=utf-8", nil).Get("Authorization")
	if want := "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"; !strings.HasSuffix(got, "Signature="+want) {
		t.Errorf("%s, want the signature %s", got, want)
	}
}
