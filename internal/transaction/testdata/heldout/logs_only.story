# The tracer records no exceptions; the log line alone says what went wrong.
service booking
http rooms-api
topic bookings
function confirm tracer=instana

0-100 entry booking "POST /book" -> 200
  event {"room":12}
  10-50 call rooms-api "GET /room" -> 500
  60-80 send bookings id=b-1 {"room":12}
    200-260 deliver confirm
      255 log error "TypeError: Cannot read properties of undefined (reading 'guest')"
      fail "Unhandled"

expect
  failure confirm
  cause booking high|medium
