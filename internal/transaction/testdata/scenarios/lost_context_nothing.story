# Nothing travels and nothing is known on both sides: two stories. The second is honest about what it cannot see.
function signup payloads=no
topic signups
function welcome-mail

0-250 entry signup "POST /signup" -> 200
  100-130 send signups id=s-1 context=none {"email":"a@example.com"}
    300-500 deliver welcome-mail context=none
      490 throw KeyError "'contact_id'"

expect
  only welcome-mail
  failure welcome-mail
  cause welcome-mail medium|low
  hops 0
