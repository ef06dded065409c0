# The exception names no field; the line of code that threw does.
function sign-in tracer=epsagon
http accounts.example
queue welcome-jobs
function welcome tracer=epsagon

0-200 entry sign-in "POST /sign-in" -> 200
  10-80 call accounts.example "GET /profile" -> 500
  100-120 send welcome-jobs id=fc-1 {"id":"4"}
    300-400 deliver welcome
      390 throw TypeError "'NoneType' object is not subscriptable" code="name = job.get('profile')['name']"

expect
  failure welcome
  cause sign-in high
  headline "failed on `$.profile`"
