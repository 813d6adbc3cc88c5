package io.github.swscan.integrity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.input.InputException;
import io.github.swscan.input.InputText;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.integrity.signing.Bundle;
import io.github.swscan.integrity.signing.Resource;
import io.github.swscan.report.Manifest;
import io.github.swscan.report.json.JsonReportReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a model is held against: a manifest, or a signed statement with one in it, or one that another program made, which tells
 * digests of files alone.
 *
 * @param file where it is from
 */
public record Reference(Path file, Optional<Manifest> manifest, Optional<Bundle> bundle) {

    /** Longer than any manifest: that of a mixture of 94 layers and 128 experts has 30 MB. */
    private static final int MOST_BYTES = 400_000_000;

    private static final String ALGORITHM = "sha256";

    /**
     * Reads one.
     *
     * @throws InputException if it is none
     */
    public static Reference read(Path file) {
        return read(file, true);
    }

    /**
     * The same.
     *
     * @param statistics whether a manifest that is not signed tells what tensors are like
     */
    public static Reference read(Path file, boolean statistics) {
        byte[] bytes = bytes(file);
        Optional<Manifest> manifest = JsonReportReader.manifest(bytes, statistics);
        if (manifest.isPresent()) {
            return new Reference(file, manifest, Optional.empty());
        }
        JsonNode json = json(file, bytes);
        if (!Bundle.isOne(json)) {
            throw none(file);
        }
        Bundle bundle = Bundle.read(file, json);
        return new Reference(
                file,
                bundle.statement().extension().map(extension -> JsonReportReader.manifest(extension)
                        .orElseThrow(() -> none(file))),
                Optional.of(bundle));
    }

    private static byte[] bytes(Path file) {
        try {
            return InputText.bytes(file, MOST_BYTES);
        } catch (IOException e) {
            throw InputException.unreadable(file, e);
        }
    }

    private static JsonNode json(Path file, byte[] bytes) {
        try {
            return new JsonMapper().readTree(bytes);
        } catch (IOException e) {
            throw new MalformedInputException(file, "", "is not valid JSON", "name a manifest or a signature", e);
        }
    }

    private static MalformedInputException none(Path file) {
        return new MalformedInputException(
                file,
                "",
                "is no manifest that swscan wrote, and no signature of a model",
                "make one with 'swscan fingerprint'");
    }

    /** What of the model was digested. */
    List<Resource> resources() {
        return bundle.map(signed -> signed.statement().resources())
                .orElseGet(() -> manifest.orElseThrow().files().stream()
                        .map(known -> new Resource(known.name(), Optional.empty(), ALGORITHM, known.sha256()))
                        .toList());
    }

    /** What in the model's folder is left out. */
    List<String> ignored() {
        return bundle.map(signed -> signed.statement().ignored())
                .orElseGet(() -> manifest.orElseThrow().ignored());
    }
}
