package io.github.swscan.scan;

import io.github.swscan.input.MalformedInputException;
import io.github.swscan.integrity.signing.Bundle;
import io.github.swscan.integrity.signing.Resource;
import io.github.swscan.integrity.signing.SigningKey;
import io.github.swscan.integrity.signing.Statement;
import io.github.swscan.integrity.signing.VerificationKey;
import io.github.swscan.report.Manifest;
import io.github.swscan.report.json.JsonReportWriter;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * Signs manifests, as OpenSSF Model Signing signs models: the manifest rides in the signature, where other verifiers leave it
 * aside.
 *
 * @param key whose signature it is
 * @param chain the certificate of the key, and those that it follows from; none to be verified with the public key
 */
public record Signing(SigningKey key, List<X509Certificate> chain) {

    /** Beyond that, what tensors are like is left out, unless it is asked for. */
    private static final int LARGE = 5_000_000;

    /**
     * Reads the key and the certificates.
     *
     * @param certificates the one of the key first; none to do without
     * @throws io.github.swscan.input.InputException if one cannot be used, or the first is not of the key
     */
    public static Signing read(Path key, List<Path> certificates) {
        SigningKey signer = SigningKey.read(key);
        List<X509Certificate> chain = VerificationKey.certificates(certificates);
        if (!chain.isEmpty() && !VerificationKey.isOf(chain.get(0), signer)) {
            throw new MalformedInputException(
                    certificates.get(0), "", "is not the certificate of the key in " + key, "name the one of the key");
        }
        return new Signing(signer, chain);
    }

    /**
     * A signed manifest.
     *
     * @param statistics whether it tells what tensors are like however long it gets
     * @return JSON in UTF-8
     */
    public byte[] sign(Manifest manifest, boolean statistics) {
        byte[] whole = signed(manifest);
        return statistics || whole.length <= LARGE ? whole : signed(manifest.withoutStatistics());
    }

    private byte[] signed(Manifest manifest) {
        List<Resource> resources = manifest.files().stream()
                .map(file -> new Resource(
                        manifest.isSingleFile() ? "." : file.name(), Optional.empty(), "sha256", file.sha256()))
                .toList();
        Statement statement = new Statement(
                manifest.model(),
                manifest.symbolicLinks(),
                manifest.ignored(),
                Optional.empty(),
                resources,
                Optional.of(JsonReportWriter.tree(manifest)));
        return Bundle.signed(statement, key, chain).json();
    }
}
