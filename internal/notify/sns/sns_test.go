package sns

import (
	"testing"

	"clew/internal/notify"
	"clew/internal/notify/notifytest"
)

func TestKit(t *testing.T) {
	notifytest.Run(t, notifytest.Case{
		Kind: Kind,
		Settings: func(url string) notify.Settings {
			return notify.Settings{"topic": "arn:aws:sns:eu-west-1:123456789012:alerts.fifo", "access_key_id": "AKID", "secret_access_key": "s3cr3tk3y", "session_token": "s3ss10n", "url": url}
		},
		Accepts: `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>567910cd</MessageId></PublishResult></PublishResponse>`, Status: 200,
		Refuses: `<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>`,
		Secrets: []string{"s3cr3tk3y", "s3ss10n"}, Volatile: []string{"Authorization", "X-Amz-Date"},
	})
}
