# An upload tells a topic, which tells a queue; the file has a format nobody reads.
function uploader
bucket incoming
function converter

0-200 entry uploader "PUT /file" -> 200
  event http {"name":"scan.heic"}
  50-150 use incoming PutObject scan.heic id=etag1
    400-900 deliver converter context=keys
      420-500 use incoming GetObject
      880 throw UnsupportedFormat "no decoder for image/heic"

expect
  failure converter
  cause converter medium|high|low
