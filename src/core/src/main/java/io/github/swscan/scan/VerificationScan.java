package io.github.swscan.scan;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.input.InputException;
import io.github.swscan.integrity.Readings;
import io.github.swscan.integrity.Reference;
import io.github.swscan.integrity.Verifier;
import io.github.swscan.integrity.signing.VerificationKey;
import io.github.swscan.report.Manifest;
import io.github.swscan.report.VerificationReport;
import io.github.swscan.report.VerificationReport.Difference;
import io.github.swscan.report.VerificationReport.Kind;
import io.github.swscan.report.VerificationReport.Signature;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.WeightName;
import io.github.swscan.weight.WeightNameException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/** Holds models against manifests: from a request to a report. */
public final class VerificationScan {

    private VerificationScan() {}

    /**
     * Verifies a model.
     *
     * @throws InputException if the model or the manifest cannot be used
     */
    public static VerificationReport run(VerificationRequest request, ScanListener listener) {
        try {
            Reference reference = Reference.read(request.manifest(), request.full());
            Optional<VerificationKey> key = request.key().map(VerificationKey::read);
            Verifier verifier = new Verifier(Path.of(request.model()), reference, opener(request), readings(listener));
            Verifier.Result result = verifier.verify(request.full(), key, request.against());
            return report(request, reference, result);
        } finally {
            listener.ended();
        }
    }

    static Readings readings(ScanListener listener) {
        return new Readings() {
            @Override
            public <T> T reading(long bytes, Function<LongConsumer, T> work) {
                try (Reading reading = new Reading(listener, bytes, 1, new AtomicLong())) {
                    return work.apply(reading);
                }
            }
        };
    }

    static Verifier.Opener opener(VerificationRequest request) {
        return new Verifier.Opener() {
            @Override
            public Checkpoint open(CheckpointLocation location) {
                return OpenModel.stored(location);
            }

            @Override
            public Optional<Float> value(Manifest.Weight weight) {
                try {
                    return Optional.of(
                            OpenModel.read(request.model(), "", model -> WeightName.parseCoordinate(weight.name())
                                    .find(Sites.of(model.architecture()), model.checkpoint())
                                    .value()));
                } catch (InputException | WeightNameException unknown) {
                    return Optional.empty();
                }
            }
        };
    }

    private static VerificationReport report(VerificationRequest request, Reference reference, Verifier.Result result) {
        boolean holds = result.differences().isEmpty();
        return new VerificationReport(
                VerificationReport.SCHEMA_VERSION,
                Version.tool(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                request.model(),
                request.manifest().toString(),
                result.full() ? "full" : "fast",
                result.signature(),
                holds,
                holds ? unchanged(reference, result) : changed(result),
                result.differences(),
                result.comparedWeights(),
                Stream.concat(UnfinishedRestoration.note(Path.of(request.model())).stream(), result.notes().stream())
                        .toList());
    }

    private static String unchanged(Reference reference, Verifier.Result result) {
        String signed = result.signature() == Signature.VALID ? ", and the signature is of this key" : "";
        if (result.elsewhere()) {
            return "The weights are the same, bit for bit, in other files than they were%s.".formatted(signed);
        }
        if (result.full()) {
            return "The model is what its manifest says, byte for byte%s.".formatted(signed);
        }
        int weights = result.comparedWeights();
        int all = reference
                .manifest()
                .map(manifest -> manifest.superWeights().size())
                .orElse(0);
        String those =
                all == 0 ? "" : weights == 1 ? " and the super weight" : " and the %d super weights".formatted(weights);
        return "Sizes, headers%s are as they were%s. The rest was not read; --full reads all.".formatted(those, signed);
    }

    private static String changed(Verifier.Result result) {
        List<String> parts = new ArrayList<>();
        count(result, Kind.SIGNATURE)
                .ifPresent(signatures -> parts.add(
                        switch (result.signature()) {
                            case WRONG -> "the signature is wrong";
                            case OTHER_KEY -> "the signature is by another key";
                            default -> "there is no signature";
                        }));
        add(parts, result, Kind.SUPER_WEIGHT_CHANGED, "super weight changed", "super weights changed");
        add(parts, result, Kind.TENSORS_SWAPPED, "tensor was swapped", "tensors were swapped");
        add(parts, result, Kind.TENSOR_CHANGED, "tensor changed", "tensors changed");
        add(parts, result, Kind.TENSOR_MISSING, "tensor is missing", "tensors are missing");
        add(parts, result, Kind.TENSOR_ADDED, "tensor was added", "tensors were added");
        add(parts, result, Kind.TENSOR_RENAMED, "tensor has another name", "tensors have other names");
        add(parts, result, Kind.FILE_UNREADABLE, "file cannot be read", "files cannot be read");
        add(parts, result, Kind.FILE_MISSING, "file is missing", "files are missing");
        add(parts, result, Kind.FILE_ADDED, "file was added", "files were added");
        add(parts, result, Kind.FILE_CHANGED, "file has other bytes", "files have other bytes");
        return "The model is not what its manifest says: %s.".formatted(joined(parts));
    }

    private static String joined(List<String> parts) {
        int last = parts.size() - 1;
        return last == 0 ? parts.get(0) : String.join(", ", parts.subList(0, last)) + " and " + parts.get(last);
    }

    private static Optional<Long> count(Verifier.Result result, Kind kind) {
        long count = result.differences().stream()
                .map(Difference::kind)
                .filter(kind::equals)
                .count();
        return Optional.of(count).filter(some -> some > 0);
    }

    private static void add(List<String> parts, Verifier.Result result, Kind kind, String one, String several) {
        count(result, kind).ifPresent(count -> parts.add("%d %s".formatted(count, count == 1 ? one : several)));
    }
}
