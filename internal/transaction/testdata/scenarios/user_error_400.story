# The caller forgot the email; refusing that is right.
gateway form-gateway
function save-form

0-90 entry form-gateway "POST /form" -> 400
  event {"name":"Ada"}
  fail "Bad Request"
  5-80 invoke save-form
    event http {"name":"Ada"}
    70 throw ValidationError "\"email\" is required"

expect
  failure form-gateway
  cause form-gateway high|medium
  headline "caller"
