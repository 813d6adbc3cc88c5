package io.github.swscan.integrity.signing;

import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;

/** A private key of one of the curves that models are signed with, and its public key. */
public final class SigningKey {

    private static final int LINE = 64;

    private final PrivateKey privateKey;
    private final PublicKeyOfCurve publicKey;

    private SigningKey(PrivateKey privateKey, PublicKeyOfCurve publicKey) {
        this.privateKey = privateKey;
        this.publicKey = publicKey;
    }

    /** The curves that keys can be made of. */
    public enum Curve {
        P256("P-256", "secp256r1", "SHA256withECDSA"),
        P384("P-384", "secp384r1", "SHA384withECDSA"),
        P521("P-521", "secp521r1", "SHA512withECDSA");

        private final String label;
        private final String name;
        private final String algorithm;

        Curve(String label, String name, String algorithm) {
            this.label = label;
            this.name = name;
            this.algorithm = algorithm;
        }

        /** What signs with its keys. */
        String algorithm() {
            return algorithm;
        }

        /** Whether a key is one of it: other curves may have numbers of the same length. */
        boolean isOf(ECKey key) {
            try {
                AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
                parameters.init(new ECGenParameterSpec(name));
                ECParameterSpec own = parameters.getParameterSpec(ECParameterSpec.class);
                return own.getCurve().equals(key.getParams().getCurve())
                        && own.getGenerator().equals(key.getParams().getGenerator());
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every Java has elliptic curves", e);
            }
        }

        @Override
        public String toString() {
            return label;
        }
    }

    /** A new one. */
    public static SigningKey generate(Curve curve) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve.name));
            KeyPair pair = generator.generateKeyPair();
            return new SigningKey(
                    pair.getPrivate(), PublicKeyOfCurve.of(pair.getPublic()).orElseThrow());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has elliptic curves", e);
        }
    }

    /**
     * Reads one from a PEM file, as OpenSSL and others write it.
     *
     * @throws io.github.swscan.input.InputException if there is none, or one of another kind
     */
    public static SigningKey read(Path file) {
        for (Object object : PemFile.read(file)) {
            if (object instanceof PEMKeyPair pair) {
                return of(file, pair.getPrivateKeyInfo());
            }
            if (object instanceof PrivateKeyInfo info) {
                return of(file, info);
            }
            if (object instanceof PEMEncryptedKeyPair || object instanceof PKCS8EncryptedPrivateKeyInfo) {
                throw new UnsupportedInputException(
                        file,
                        "",
                        "is a private key with a password, and swscan asks for none",
                        "decrypt it, for instance with 'openssl pkcs8 -in KEY.pem -out PLAIN.pem'");
            }
        }
        throw new MalformedInputException(
                file, "", "holds no private key in PEM", "name one, or make one with 'swscan keygen'");
    }

    private static SigningKey of(Path file, PrivateKeyInfo info) {
        try {
            if (PrivateKeyFactory.createKey(info) instanceof ECPrivateKeyParameters parameters) {
                ECPublicKeyParameters point = new ECPublicKeyParameters(
                        parameters.getParameters().getG().multiply(parameters.getD()), parameters.getParameters());
                byte[] encoded = SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(point)
                        .getEncoded();
                PublicKeyOfCurve publicKey =
                        PublicKeyOfCurve.of(encoded).orElseThrow(() -> VerificationKey.otherCurve(file));
                PrivateKey privateKey =
                        KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()));
                return new SigningKey(privateKey, publicKey);
            }
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new MalformedInputException(file, "", "holds a damaged private key", "name another", e);
        }
        throw VerificationKey.otherCurve(file);
    }

    PublicKeyOfCurve publicKey() {
        return publicKey;
    }

    /** Its public key in PEM. */
    public String publicPem() {
        return publicKey.pem();
    }

    /** In PEM, as PKCS #8 without a password. */
    public String pem() {
        return "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
                .formatted(Base64.getMimeEncoder(LINE, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(privateKey.getEncoded()));
    }

    /** A signature in DER. */
    byte[] sign(byte[] bytes) {
        try {
            Signature signature = Signature.getInstance(publicKey.algorithm());
            signature.initSign(privateKey);
            signature.update(bytes);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a key that was accepted", e);
        }
    }
}
