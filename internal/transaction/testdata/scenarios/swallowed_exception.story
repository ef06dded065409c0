# A parser's exception is caught and logged; what it should have found is missing two hops later.
function upload-handler
topic documents
function indexer

0-200 entry upload-handler "PUT /document" -> 200
  event http {"name":"a.pdf","data":"JVBERi0"}
  10-90 do "parse metadata"
    88 throw PDFSyntaxError "no trailer found"
  91 log warn "metadata could not be read, continuing"
  100-120 send documents id=d-1 {"name":"a.pdf","size":7}
    150-400 deliver indexer
      390 throw KeyError "'author'"

expect
  failure indexer
  cause upload-handler high
  hops 2
  headline "PDFSyntaxError"
  value indexer event $.Records[0].Sns.Message.author missing
