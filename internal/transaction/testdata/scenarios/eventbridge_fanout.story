# One of three targets of a bus needs a field that the event does not have.
function membership
bus app-events
function mailer
function badge
function billing

0-120 entry membership "POST /join" -> 201
  event http {"name":"Ada","plan":"free"}
  20-60 send app-events MemberJoined id=e-1 {"member":{"name":"Ada"}}
    100-200 deliver mailer
      110-120 do "render"
    100-220 deliver badge
      110-120 do "draw"
    100-240 deliver billing
      230 throw TypeError "Cannot read properties of undefined (reading 'customerId')" handled
      231 throw Error "schema violation: must have required property 'customerId'"

expect
  failure billing
  cause membership high|medium
  path membership > app-events > billing
  value billing event $.detail.customerId missing
