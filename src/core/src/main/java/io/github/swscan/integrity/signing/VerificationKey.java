package io.github.swscan.integrity.signing;

import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;

/**
 * Whose signature is believed: the owner's of a public key, or whoever has a certificate that follows from others. Immutable.
 */
public final class VerificationKey {

    private static final int DIGITAL_SIGNATURE = 0;
    private static final String CODE_SIGNING = "1.3.6.1.5.5.7.3.3";

    private final Optional<PublicKeyOfCurve> key;
    private final List<X509Certificate> trusted;

    private VerificationKey(Optional<PublicKeyOfCurve> key, List<X509Certificate> trusted) {
        this.key = key;
        this.trusted = trusted;
    }

    /** What becomes of a signature. */
    public enum Outcome {
        /** It is of this key, over what it comes with. */
        VALID,
        /** It is of another key, or of no certificate that follows from the ones that are trusted. */
        OTHER_KEY,
        /** What it comes with is not what was signed. */
        WRONG
    }

    /**
     * Reads a public key, or certificates to trust, from a PEM file.
     *
     * @throws io.github.swscan.input.InputException if there is none, or one of another kind
     */
    public static VerificationKey read(Path file) {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Object object : PemFile.read(file)) {
            if (object instanceof SubjectPublicKeyInfo info) {
                return new VerificationKey(
                        Optional.of(publicKey(file, info).orElseThrow(() -> otherCurve(file))), List.of());
            }
            if (object instanceof X509CertificateHolder holder) {
                certificates.add(certificate(file, holder));
            }
        }
        if (certificates.isEmpty()) {
            throw new MalformedInputException(
                    file,
                    "",
                    "holds no public key and no certificate in PEM",
                    "name the public key of whoever signed the model");
        }
        return new VerificationKey(Optional.empty(), List.copyOf(certificates));
    }

    /**
     * Reads certificates from PEM files.
     *
     * @return in the order of the files
     * @throws io.github.swscan.input.InputException if one holds none
     */
    public static List<X509Certificate> certificates(List<Path> files) {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Path file : files) {
            VerificationKey read = read(file);
            if (read.key.isPresent()) {
                throw new MalformedInputException(file, "", "holds no certificate in PEM", "name one");
            }
            certificates.addAll(read.trusted);
        }
        return certificates;
    }

    /** Whether a certificate is of the owner of a key. */
    public static boolean isOf(X509Certificate certificate, SigningKey key) {
        return PublicKeyOfCurve.of(certificate.getPublicKey()).equals(Optional.of(key.publicKey()));
    }

    private static Optional<PublicKeyOfCurve> publicKey(Path file, SubjectPublicKeyInfo info) {
        try {
            return PublicKeyOfCurve.of(info.getEncoded());
        } catch (IOException e) {
            throw new MalformedInputException(file, "", "holds a damaged public key", "name another", e);
        }
    }

    private static X509Certificate certificate(Path file, X509CertificateHolder holder) {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(holder.getEncoded()));
        } catch (IOException | CertificateException e) {
            throw new MalformedInputException(file, "", "holds a damaged certificate", "name another", e);
        }
    }

    static UnsupportedInputException otherCurve(Path file) {
        return new UnsupportedInputException(
                file, "", "is no key of the elliptic curves P-256, P-384 or P-521", "make one with 'swscan keygen'");
    }

    /** Holds a signature against this. */
    public Outcome check(Bundle bundle) {
        Optional<PublicKeyOfCurve> signer = key.isPresent() ? key : owner(bundle);
        if (signer.isEmpty() || !hints(bundle, signer.get())) {
            return Outcome.OTHER_KEY;
        }
        return verifies(bundle, signer.get()) ? Outcome.VALID : Outcome.WRONG;
    }

    /** Bundles of old have no hint; those of certificates need none. */
    private static boolean hints(Bundle bundle, PublicKeyOfCurve signer) {
        return bundle.keyHint().map(signer.hint()::equals).orElse(true);
    }

    private static boolean verifies(Bundle bundle, PublicKeyOfCurve signer) {
        byte[] payload = bundle.payload();
        return signer.verifies(Bundle.signedBytes(payload), bundle.signature(), signer.algorithm())
                || signer.verifies(signedByOldVersions(payload), bundle.signature(), signer.algorithm())
                || signer.verifies(signedByOldVersions(payload), bundle.signature(), "SHA256withECDSA");
    }

    /**
     * What model_signing before version 1.0 signed: the payload as Python writes bytes in a text. Those versions took SHA-256
     * for all curves where there was a certificate.
     */
    private static byte[] signedByOldVersions(byte[] payload) {
        StringBuilder literal = new StringBuilder();
        String latin = new String(payload, StandardCharsets.ISO_8859_1);
        char quote = latin.contains("'") && !latin.contains("\"") ? '"' : '\'';
        for (byte one : payload) {
            int code = Byte.toUnsignedInt(one);
            switch (code) {
                case '\\' -> literal.append("\\\\");
                case '\n' -> literal.append("\\n");
                case '\r' -> literal.append("\\r");
                case '\t' -> literal.append("\\t");
                default -> {
                    if (code == quote) {
                        literal.append('\\').append(quote);
                    } else if (code < ' ' || code > '~') {
                        literal.append("\\x").append(HexFormat.of().toHexDigits(one));
                    } else {
                        literal.append((char) code);
                    }
                }
            }
        }
        return "DSSEV1 %d %s %d b%c%s%c"
                .formatted(
                        Statement.PAYLOAD_TYPE.length(), Statement.PAYLOAD_TYPE, payload.length, quote, literal, quote)
                .getBytes(StandardCharsets.UTF_8);
    }

    /** The owner of the certificate of a bundle, if that follows from one of those that are trusted. */
    private Optional<PublicKeyOfCurve> owner(Bundle bundle) {
        if (bundle.chain().isEmpty()) {
            return Optional.empty();
        }
        X509Certificate signer = bundle.chain().get(0);
        return maySign(signer) && isTrusted(bundle.chain())
                ? PublicKeyOfCurve.of(signer.getPublicKey())
                : Optional.empty();
    }

    private static boolean maySign(X509Certificate certificate) {
        boolean[] usage = certificate.getKeyUsage();
        try {
            List<String> extended = certificate.getExtendedKeyUsage();
            return (usage != null && usage[DIGITAL_SIGNATURE]) || (extended != null && extended.contains(CODE_SIGNING));
        } catch (CertificateException e) {
            return false;
        }
    }

    /** As of the day on which the signer's certificate began to be valid, as model_signing has it; nothing is revoked. */
    private boolean isTrusted(List<X509Certificate> chain) {
        if (trusted.contains(chain.get(0))) {
            return true;
        }
        List<X509Certificate> path =
                chain.stream().filter(link -> !trusted.contains(link)).toList();
        Set<TrustAnchor> anchors =
                trusted.stream().map(anchor -> new TrustAnchor(anchor, null)).collect(Collectors.toSet());
        try {
            PKIXParameters parameters = new PKIXParameters(anchors);
            parameters.setRevocationEnabled(false);
            parameters.setDate(chain.get(0).getNotBefore());
            CertPath certificates = CertificateFactory.getInstance("X.509").generateCertPath(path);
            CertPathValidator.getInstance("PKIX").validate(certificates, parameters);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
