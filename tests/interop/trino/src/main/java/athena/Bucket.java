package athena;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Reads objects of an S3, each request signed (signature version 4): what was spilled. */
final class Bucket {
    private static final DateTimeFormatter INSTANT =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI endpoint;
    private final String accessKey;
    private final String secretKey;

    Bucket(String endpoint, String accessKey, String secretKey) {
        this.endpoint = URI.create(endpoint);
        this.accessKey = accessKey;
        this.secretKey = secretKey;
    }

    byte[] get(String bucket, String key) throws IOException, InterruptedException, GeneralSecurityException {
        String path = "/" + bucket + "/" + key;
        String now = INSTANT.format(Instant.now());
        String day = now.substring(0, 8);
        String scope = day + "/us-east-1/s3/aws4_request";
        String noBody = hash("");
        String headers = "host:" + endpoint.getHost() + ":" + endpoint.getPort()
                + "\nx-amz-content-sha256:" + noBody + "\nx-amz-date:" + now + "\n";
        String signed = "host;x-amz-content-sha256;x-amz-date";
        String canonical = "GET\n" + path + "\n\n" + headers + "\n" + signed + "\n" + noBody;
        byte[] signing = ("AWS4" + secretKey).getBytes(StandardCharsets.UTF_8);
        for (String part : new String[] {day, "us-east-1", "s3", "aws4_request"}) {
            signing = mac(signing, part);
        }
        String text = "AWS4-HMAC-SHA256\n" + now + "\n" + scope + "\n" + hash(canonical);
        String signature = HexFormat.of().formatHex(mac(signing, text));
        HttpRequest request = HttpRequest.newBuilder(endpoint.resolve(path))
                .header("x-amz-date", now)
                .header("x-amz-content-sha256", noBody)
                .header("Authorization", "AWS4-HMAC-SHA256 Credential=" + accessKey + "/" + scope
                        + ", SignedHeaders=" + signed + ", Signature=" + signature)
                .build();
        HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) {
            throw new IOException("S3 answers " + answer.statusCode() + " for " + path);
        }
        return answer.body();
    }

    private static String hash(String text) throws GeneralSecurityException {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest);
    }

    private static byte[] mac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }
}
