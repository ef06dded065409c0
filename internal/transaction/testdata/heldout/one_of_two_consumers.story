# Two readers of one topic; one cannot reach its own search index.
function author
topic articles
function notify
function search-index
http search.internal

0-90 entry author "POST /a" -> 201
  10-20 send articles id=oc-1 {"id":1,"title":"x"}
    50-90 deliver notify
    50-300 deliver search-index
      60-290 call search.internal "PUT /doc"
        fail "connect ETIMEDOUT 10.1.1.1:9200"
      295 throw ConnectionTimeout "connect ETIMEDOUT 10.1.1.1:9200"

expect
  failure search-index
  cause search.internal high
