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
 * @param resources what of the model was digested
 */
public record Reference(Path file, Optional<Manifest> manifest, Optional<Bundle> bundle, List<Resource> resources) {

    /** Longer than any manifest: that of a mixture of 94 layers and 128 experts has 30 MB. */
    private static final int MOST_BYTES = 400_000_000;

    private static final String ALGORITHM = "sha256";

    /** What statements call a model that is a single file. */
    private static final String ITSELF = ".";

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
            return new Reference(file, manifest, Optional.empty(), resources(manifest.get()));
        }
        JsonNode read = json(file, bytes);
        if (!Bundle.isOne(read)) {
            throw none(file);
        }
        Bundle bundle = Bundle.read(file, read);
        Optional<Manifest> extension = bundle.statement().extension().map(json -> JsonReportReader.manifest(json)
                .orElseThrow(() -> none(file)));
        return new Reference(
                file, extension, Optional.of(bundle), bundle.statement().resources());
    }

    private static List<Resource> resources(Manifest manifest) {
        return manifest.files().stream()
                .map(known -> new Resource(known.name(), Optional.empty(), ALGORITHM, known.sha256()))
                .toList();
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

    /** The same of a model that was a single file, and is one of that name now. */
    Reference called(String name) {
        return new Reference(
                file,
                manifest.map(known -> known.isSingleFile() ? known.called(name) : known),
                bundle,
                isOfOneFile()
                        ? resources.stream()
                                .map(part -> new Resource(name, part.range(), part.algorithm(), part.digest()))
                                .toList()
                        : resources);
    }

    private boolean isOfOneFile() {
        return resources.stream().allMatch(part -> part.file().equals(ITSELF))
                || manifest.filter(Manifest::isSingleFile).isPresent();
    }

    /** What in the model's folder is left out. */
    List<String> ignored() {
        return bundle.map(signed -> signed.statement().ignored())
                .orElseGet(() -> manifest.orElseThrow().ignored());
    }
}
