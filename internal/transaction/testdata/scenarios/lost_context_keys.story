# No headers travel through the topic: the SNS message id alone joins the halves.
function signup
service crm
topic signups
function welcome-mail

0-250 entry signup "POST /signup" -> 200
  event http {"email":"a@example.com"}
  10-90 call crm "POST /contact" -> 503
  95 log error "crm is down, contact not created"
  100-130 send signups id=s-1 context=keys {"email":"a@example.com"}
    300-500 deliver welcome-mail context=keys
      490 throw KeyError "'contact_id'"

expect
  traces 2
  failure welcome-mail
  cause signup high
  hops 2
  headline "swallowed a 503 from crm"
