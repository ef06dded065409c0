# The founding story: an expired token, a swallowed 401, a message without its user.
gateway blog-gateway
function request-processor memory=256
service auth
table blog-posts
topic blog-new-posts
function post-analysis memory=256
cache sentiment-cache

0-420 entry blog-gateway "POST /new_post" -> 200
  5-410 invoke request-processor cold
    event http {"title":"Hello","text":"a day","token":"***"}
    response http 201 {"id":"17"}
    20-60 call auth "GET /verify" -> 401
      got {"error":"token expired"}
    62 log warn "could not verify the author, going on"
    70-95 use blog-posts PutItem
    100-130 send blog-new-posts id=m-1 {"id":"17","title":"Hello","text":"a day"}
      428-1100 deliver post-analysis
        450-454 use sentiment-cache GET
        1098 throw KeyError "'user'"
        1099 log error "could not analyse the post"

expect
  failure post-analysis
  cause request-processor high
  hops 2
  path request-processor > blog-new-posts > post-analysis
  headline "request-processor swallowed a 401 from auth and published a message without `user`"
  headline "SNS blog-new-posts"
  headline "post-analysis failed on `$.user`, 2 hops later"
  value post-analysis event $.Records[0].Sns.Message.user missing
