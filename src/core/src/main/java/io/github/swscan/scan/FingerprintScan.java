package io.github.swscan.scan;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.integrity.ModelContent;
import io.github.swscan.integrity.ModelTree;
import io.github.swscan.integrity.StoredWeightBits;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.Manifest;
import io.github.swscan.report.Verdict;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.WeightName;
import io.github.swscan.weight.WeightNameException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Makes manifests: from a request to a document. */
public final class FingerprintScan {

    private FingerprintScan() {}

    /**
     * Makes a manifest.
     *
     * @param engines starts the engine if super weights are looked for; stays open
     * @throws InputException if the model cannot be used, or the report is not about it
     */
    public static Manifest run(FingerprintRequest request, LazyEngine engines, ScanListener listener) {
        Path model = Path.of(request.model());
        ModelTree tree = ModelTree.of(model, request.others());
        try (Checkpoint stored = OpenModel.stored(CheckpointLocation.find(model))) {
            return stored.whileUnchanged(() -> {
                Optional<DetectionReport> report = report(request, engines, listener);
                List<Manifest.Weight> weights =
                        report.map(known -> weights(request, known, stored)).orElse(List.of());
                return manifest(request, tree, stored, report, weights, listener);
            });
        } finally {
            listener.ended();
        }
    }

    private static Optional<DetectionReport> report(
            FingerprintRequest request, LazyEngine engines, ScanListener listener) {
        if (request.source() instanceof FingerprintRequest.Source.Report stored) {
            return Optional.of(StoredReport.detection(stored.file()));
        }
        Optional<DetectionReport> report =
                request.detection().map(detection -> DetectionScan.run(detection, engines, listener));
        report.filter(DetectionReport::brokeDown).ifPresent(broken -> {
            throw new UnsupportedInputException(
                    Path.of(request.model()),
                    "",
                    "computes numbers that are not finite, so that no super weight can be proven",
                    "make a manifest without super weights, --no-detect");
        });
        return report;
    }

    private static List<Manifest.Weight> weights(
            FingerprintRequest request, DetectionReport report, Checkpoint stored) {
        StoredWeightBits bits = new StoredWeightBits(stored);
        return OpenModel.read(request.model(), request.config(), model -> {
            Sites sites = Sites.of(model.architecture());
            return found(report)
                    .map(found -> weight(request, found, model, sites, bits))
                    .toList();
        });
    }

    private static Stream<Manifest.Weight> found(DetectionReport report) {
        return Stream.concat(
                report.superWeights().stream().map(Manifest.Weight::of),
                report.otherSpikes().stream()
                        .filter(spike -> spike.flipVerdict().equals(Optional.of(Verdict.CRITICAL)))
                        .map(Manifest.Weight::of));
    }

    private static Manifest.Weight weight(
            FingerprintRequest request, Manifest.Weight found, OpenModel model, Sites sites, StoredWeightBits places) {
        StoredWeight weight = stored(request, found, model, sites);
        TensorInfo tensor = weight.tensor();
        List<Manifest.Bytes> bytes = tensor.dtype().isComputable()
                ? places.of(model.checkpoint().bitsOf(tensor, weight.element())).orElse(List.of())
                : List.of();
        return found.storedAs(tensor.storedType(), bits(tensor, bytes), bytes);
    }

    /** Of a plain number its digits, the highest first, as they are written; else the bytes as they lie there. */
    private static String bits(TensorInfo tensor, List<Manifest.Bytes> bytes) {
        String hex = String.join("", bytes.stream().map(Manifest.Bytes::bytes).toList());
        if (tensor.isQuantized() || tensor.scales().isPresent()) {
            return hex;
        }
        byte[] number = HexFormat.of().parseHex(hex);
        byte[] highestFirst = new byte[number.length];
        for (int i = 0; i < number.length; i++) {
            highestFirst[i] = number[number.length - 1 - i];
        }
        return HexFormat.of().formatHex(highestFirst);
    }

    private static StoredWeight stored(
            FingerprintRequest request, Manifest.Weight found, OpenModel model, Sites sites) {
        StoredWeight weight;
        try {
            weight = WeightName.parseCoordinate(found.name()).find(sites, model.checkpoint());
        } catch (WeightNameException none) {
            throw anotherModel(request, found, "the model has no such weight");
        }
        if (Float.floatToIntBits(weight.value()) != Float.floatToIntBits(found.value())) {
            throw anotherModel(
                    request, found, "is " + found.value() + " there, and " + weight.value() + " in the model");
        }
        return weight;
    }

    private static MalformedInputException anotherModel(
            FingerprintRequest request, Manifest.Weight found, String problem) {
        Path file = request.source() instanceof FingerprintRequest.Source.Report report
                ? report.file()
                : Path.of(request.model());
        return new MalformedInputException(
                file, found.name(), problem, "name a report of this model, as it is, with --report");
    }

    private static Manifest manifest(
            FingerprintRequest request,
            ModelTree tree,
            Checkpoint stored,
            Optional<DetectionReport> report,
            List<Manifest.Weight> weights,
            ScanListener listener) {
        ModelContent content = new ModelContent(tree.files(), stored);
        ModelContent.Described described;
        long tensorBytes =
                stored.tensors().values().stream().mapToLong(TensorInfo::bytes).sum();
        try (Reading reading = new Reading(listener, content.bytes() + tensorBytes, 1, new AtomicLong())) {
            described = content.describe(reading);
        }
        return new Manifest(
                Manifest.SCHEMA_VERSION,
                Version.tool(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                tree.name(),
                tree.hasLinks(),
                tree.ignored(),
                described.files(),
                described.tensors(),
                report.map(known -> findings(request, known)),
                weights,
                report.map(FingerprintScan::sets).orElse(List.of()));
    }

    private static Manifest.Findings findings(FingerprintRequest request, DetectionReport report) {
        return new Manifest.Findings(
                request.detection().isPresent() ? "detection" : "report",
                report.createdAt(),
                report.verdict(),
                report.settings().verdictMeasure());
    }

    private static List<Manifest.WeightSet> sets(DetectionReport report) {
        return report.sets().stream()
                .map(set -> new Manifest.WeightSet(set.set(), set.kind(), set.members(), set.verdict(), set.effect()))
                .toList();
    }
}
