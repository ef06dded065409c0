# The function died inside a call to the cache; that span never ended.
function view-post timeout=3
cache blog-cache

0-3000 entry view-post "GET /post" timedout
  10-30 use blog-cache PING
  40-… use blog-cache GET

expect
  failure view-post
  cause blog-cache GET high
  headline "blog-cache"
