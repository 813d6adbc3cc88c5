package io.github.swscan.integrity.signing;

import io.github.swscan.input.FileDigest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A public key of one of the three curves that models are signed with: P-256, P-384 and P-521.
 *
 * @param key its point and curve
 */
record PublicKeyOfCurve(ECPublicKey key) {

    private static final int LINE = 64;

    /** A key, if it is one of these. */
    static Optional<PublicKeyOfCurve> of(PublicKey key) {
        return Optional.of(key)
                .filter(ECPublicKey.class::isInstance)
                .map(ECPublicKey.class::cast)
                .filter(ec -> algorithm(ec).isPresent())
                .map(PublicKeyOfCurve::new);
    }

    /** The same from SubjectPublicKeyInfo in DER. */
    static Optional<PublicKeyOfCurve> of(byte[] encoded) {
        try {
            return of(KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(encoded)));
        } catch (GeneralSecurityException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> algorithm(ECPublicKey key) {
        return Stream.of(SigningKey.Curve.values())
                .filter(curve -> curve.isOf(key))
                .map(SigningKey.Curve::algorithm)
                .findFirst();
    }

    /** What signs with a key of its curve. */
    String algorithm() {
        return algorithm(key).orElseThrow();
    }

    /** In PEM, with the end of its last line. */
    String pem() {
        return "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n"
                .formatted(Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(key.getEncoded()));
    }

    /** What bundles know it by: SHA-256 of its PEM in hexadecimal. */
    String hint() {
        return HexFormat.of().formatHex(FileDigest.sha256().digest(pem().getBytes(StandardCharsets.US_ASCII)));
    }

    /** Whether a signature, in DER, is one of these bytes by its key. */
    boolean verifies(byte[] signed, byte[] signature, String algorithm) {
        try {
            Signature check = Signature.getInstance(algorithm);
            check.initVerify(key);
            check.update(signed);
            return check.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
