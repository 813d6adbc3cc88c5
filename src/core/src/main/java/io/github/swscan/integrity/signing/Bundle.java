package io.github.swscan.integrity.signing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * A bundle of sigstore, version 0.3: a signed statement, and what tells whose signature it is. What it says is to be
 * believed only if {@link VerificationKey#check} says so. Immutable.
 */
public final class Bundle {

    static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final String MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

    private final Statement statement;
    private final byte[] payload;
    private final byte[] signature;
    private final Optional<String> keyHint;
    private final List<X509Certificate> chain;

    private Bundle(
            Statement statement,
            byte[] payload,
            byte[] signature,
            Optional<String> keyHint,
            List<X509Certificate> chain) {
        this.statement = statement;
        this.payload = payload;
        this.signature = signature;
        this.keyHint = keyHint;
        this.chain = chain;
    }

    /**
     * Signs a statement.
     *
     * @param chain the certificate of the key, and those that it follows from; none to be verified with the public key
     */
    public static Bundle signed(Statement statement, SigningKey key, List<X509Certificate> chain) {
        byte[] payload = statement.payload();
        return new Bundle(
                statement,
                payload,
                key.sign(signedBytes(payload)),
                chain.isEmpty() ? Optional.of(key.publicKey().hint()) : Optional.empty(),
                List.copyOf(chain));
    }

    /** What it says of the model. */
    public Statement statement() {
        return statement;
    }

    byte[] payload() {
        return payload.clone();
    }

    byte[] signature() {
        return signature.clone();
    }

    /** SHA-256 of the public key's PEM in hexadecimal, where it was made with a key. */
    Optional<String> keyHint() {
        return keyHint;
    }

    /** The certificate of the key, and those that it follows from; none where it was made with a key alone. */
    List<X509Certificate> chain() {
        return chain;
    }

    /** What is signed of a payload, by the rules of DSSE. */
    static byte[] signedBytes(byte[] payload) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes("DSSEv1 %d %s %d "
                .formatted(Statement.PAYLOAD_TYPE.length(), Statement.PAYLOAD_TYPE, payload.length)
                .getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(payload);
        return bytes.toByteArray();
    }

    /** As JSON in UTF-8. */
    public byte[] json() {
        ObjectNode bundle = JSON.createObjectNode().put("mediaType", MEDIA_TYPE);
        ObjectNode material = bundle.putObject("verificationMaterial");
        keyHint.ifPresent(hint -> material.putObject("publicKey").put("hint", hint));
        if (!chain.isEmpty()) {
            ArrayNode certificates = material.putObject("x509CertificateChain").putArray("certificates");
            chain.forEach(certificate -> certificates.addObject().put("rawBytes", base64(encoded(certificate))));
        }
        material.putArray("tlogEntries");
        ObjectNode envelope = bundle.putObject("dsseEnvelope")
                .put("payload", base64(payload))
                .put("payloadType", Statement.PAYLOAD_TYPE);
        envelope.putArray("signatures")
                .addObject()
                .put("sig", base64(signature))
                .put("keyid", "");
        try {
            return JSON.writeValueAsBytes(bundle);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a bundle that is no JSON", e);
        }
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was read", e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** Whether JSON is a bundle, of any version. */
    public static boolean isOne(JsonNode json) {
        return json.path("dsseEnvelope").isObject()
                || json.path("mediaType").asText().startsWith("application/vnd.dev.sigstore.bundle");
    }

    /**
     * Reads one.
     *
     * @param file that it is from, for messages
     * @throws MalformedInputException if it is none
     * @throws UnsupportedInputException if it is of a kind that is not known here, such as keyless ones
     */
    public static Bundle read(Path file, JsonNode json) {
        JsonNode envelope = json.path("dsseEnvelope");
        JsonNode material = json.path("verificationMaterial");
        if (!envelope.isObject()) {
            throw malformed(file, "dsseEnvelope", "is missing");
        }
        if (!envelope.path("payloadType").asText().equals(Statement.PAYLOAD_TYPE)) {
            throw new UnsupportedInputException(
                    file,
                    "payloadType",
                    "is '" + envelope.path("payloadType").asText() + "', not " + Statement.PAYLOAD_TYPE,
                    "name a signature of a model");
        }
        byte[] payload = bytes(file, "payload", envelope.path("payload"));
        JsonNode signatures = envelope.path("signatures");
        if (signatures.size() != 1) {
            throw malformed(file, "signatures", "are " + signatures.size() + " where there must be one");
        }
        if (material.has("certificate")) {
            throw new UnsupportedInputException(
                    file,
                    "certificate",
                    "is of a signature without a key, which needs sigstore's own services to be verified",
                    "verify it with model_signing, or sign with a key");
        }
        List<X509Certificate> chain = new ArrayList<>();
        for (JsonNode certificate : material.path("x509CertificateChain").path("certificates")) {
            chain.add(certificate(file, bytes(file, "rawBytes", certificate.path("rawBytes"))));
        }
        return new Bundle(
                Statement.read(file, payload),
                payload,
                bytes(file, "sig", signatures.path(0).path("sig")),
                Optional.of(material.path("publicKey").path("hint").asText()).filter(hint -> !hint.isEmpty()),
                List.copyOf(chain));
    }

    private static X509Certificate certificate(Path file, byte[] encoded) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
        } catch (CertificateException e) {
            throw new MalformedInputException(file, "rawBytes", "is no certificate", "download the file again", e);
        }
    }

    private static byte[] bytes(Path file, String field, JsonNode base64) {
        try {
            byte[] decoded = Base64.getDecoder().decode(base64.asText());
            if (decoded.length > 0) {
                return decoded;
            }
        } catch (IllegalArgumentException e) {
            throw new MalformedInputException(file, field, "is no base64", "download the file again", e);
        }
        throw malformed(file, field, "is missing");
    }

    private static MalformedInputException malformed(Path file, String field, String problem) {
        return new MalformedInputException(file, field, problem, "download the file again");
    }
}
