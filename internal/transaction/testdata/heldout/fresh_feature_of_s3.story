# The object that the notification names is gone already.
function s3-put
bucket drop-zone
function s3-reader

0-90 entry s3-put "PUT /f" -> 200
  10-50 use drop-zone PutObject a/b.csv id=et-9
    300-380 deliver s3-reader context=keys
      310-350 use drop-zone GetObject -> 404
        fail "NoSuchKey: The specified key does not exist."
      370 throw NoSuchKey "The specified key does not exist."

expect
  failure s3-reader
  cause drop-zone high|medium
