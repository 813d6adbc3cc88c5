package io.github.swscan.detect;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.effect.Effect;
import io.github.swscan.effect.Measure;
import io.github.swscan.effect.Thresholds;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.Location;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.Peak;
import io.github.swscan.report.Tool;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.NonFiniteTensor;
import io.github.swscan.weight.Sites;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/** Judges what a detection found and puts it into a report. */
public final class DetectionReporter {

    private final Detection detection;
    private final DetectionSettings settings;
    private final Measure measure;
    private final Checkpoint checkpoint;
    private final Sites sites;
    private final Judge judge;

    public DetectionReporter(
            Detection detection, DetectionSettings settings, Architecture architecture, Checkpoint checkpoint) {
        this.detection = detection;
        this.settings = settings;
        this.measure = settings.measure();
        this.checkpoint = checkpoint;
        this.sites = Sites.of(architecture);
        this.judge = Judge.of(settings, detection.control());
    }

    /**
     * The whole report.
     *
     * @param notes what else a reader should know, one sentence each
     */
    public DetectionReport report(
            Tool tool, String createdAt, ModelSummary model, DetectionReport.Run run, List<String> notes) {
        List<Proof> superWeights = strongestFirst().filter(judge::isSuperWeight).toList();
        List<DetectionReport.OtherSpike> otherSpikes = new ArrayList<>();
        detection.proofs().stream()
                .filter(proof -> !judge.isSuperWeight(proof))
                .map(this::otherSpike)
                .forEach(otherSpikes::add);
        detection.diffuse().stream().map(this::otherSpike).forEach(otherSpikes::add);
        otherSpikes.sort(Comparator.comparingInt(DetectionReport.OtherSpike::layer));
        return new DetectionReport(
                DetectionReport.SCHEMA_VERSION,
                tool,
                createdAt,
                model,
                run,
                settings(),
                detection.breakdown().isPresent() ? Optional.empty() : Optional.of(baseline()),
                detection.layers().stream().map(DetectionReporter::layer).toList(),
                ranked(superWeights),
                groups(),
                otherSpikes,
                detection.allRemoved().map(DetectionReporter::effect),
                detection.control().map(this::control),
                detection.breakdown().stream()
                        .flatMap(breakdown -> breakdown.tensors().stream())
                        .map(this::nonFinite)
                        .toList(),
                notes);
    }

    private DetectionReport.Baseline baseline() {
        return new DetectionReport.Baseline(
                detection.baselineNll(), Effect.perplexity(detection.baselineNll()), detection.predictions());
    }

    private DetectionReport.NonFinite nonFinite(NonFiniteTensor found) {
        return new DetectionReport.NonFinite(
                found.tensor(),
                optional(found.layer()),
                optional(found.expert()),
                optional(found.row()),
                optional(found.column()),
                Float.toString(found.value()),
                found.count(),
                location(checkpoint.find(found.tensor()).orElseThrow(), found.element()));
    }

    /** How many verdicts are not beyond doubt, given how much effects vary from token to token. */
    public long unclear() {
        return detection.proofs().stream()
                .filter(proof -> !judge.isClear(proof))
                .count();
    }

    /** The super weights, the strongest first, and after them the candidates that are none. */
    public List<Candidate> ranking() {
        return Stream.concat(
                        strongestFirst().filter(judge::isSuperWeight),
                        strongestFirst().filter(proof -> !judge.isSuperWeight(proof)))
                .map(Proof::candidate)
                .toList();
    }

    private Stream<Proof> strongestFirst() {
        return detection.proofs().stream()
                .sorted(Comparator.comparingDouble((Proof proof) -> measure.nats(judge.strongest(proof)))
                        .thenComparingDouble(proof -> measure.nats(proof.alone()))
                        .reversed());
    }

    private DetectionReport.Settings settings() {
        Thresholds thresholds = settings.thresholds();
        return new DetectionReport.Settings(
                settings.spikeRule().description(),
                settings.minimumShare(),
                measure.label(),
                new DetectionReport.Thresholds(thresholds.critical(), thresholds.high(), thresholds.moderate()),
                settings.controlFactor(),
                settings.maximumCandidates(),
                settings.controls(),
                settings.seed());
    }

    private static DetectionReport.Layer layer(LayerPeaks peaks) {
        return new DetectionReport.Layer(
                peaks.layer(),
                optional(peaks.expert()),
                peaks.tensor(),
                peak(peaks.input()),
                peak(peaks.output()),
                peaks.spike());
    }

    private List<DetectionReport.SuperWeight> ranked(List<Proof> proofs) {
        List<DetectionReport.SuperWeight> ranked = new ArrayList<>();
        for (Proof proof : proofs) {
            Candidate candidate = proof.candidate();
            Coordinate coordinate = candidate.coordinate();
            ranked.add(new DetectionReport.SuperWeight(
                    ranked.size() + 1,
                    coordinate.tensor(),
                    candidate.layer(),
                    optional(candidate.expert()),
                    coordinate.row(),
                    coordinate.column(),
                    candidate.value(),
                    location(coordinate),
                    peak(candidate.input()),
                    peak(candidate.output()),
                    candidate.contributionShare(),
                    candidate.kind().label(),
                    proof.group().map(this::groupNumber),
                    effect(proof.alone()),
                    proof.putBack().map(DetectionReporter::effect),
                    judge.verdict(proof)));
        }
        return ranked;
    }

    private DetectionReport.OtherSpike otherSpike(Proof proof) {
        Candidate candidate = proof.candidate();
        Coordinate coordinate = candidate.coordinate();
        return new DetectionReport.OtherSpike(
                candidate.kind() == Candidate.Kind.CANCELLING ? "cancelling" : "harmless",
                coordinate.tensor(),
                candidate.layer(),
                optional(candidate.expert()),
                coordinate.row(),
                coordinate.column(),
                candidate.value(),
                location(coordinate),
                peak(candidate.input()),
                peak(candidate.output()),
                candidate.contributionShare(),
                Optional.of(candidate.kind().label()),
                proof.group().map(this::groupNumber),
                Optional.of(effect(proof.alone())),
                proof.putBack().map(DetectionReporter::effect));
    }

    private DetectionReport.OtherSpike otherSpike(DiffuseSpike spike) {
        Coordinate coordinate = spike.coordinate();
        return new DetectionReport.OtherSpike(
                "diffuse",
                coordinate.tensor(),
                spike.layer(),
                optional(spike.expert()),
                coordinate.row(),
                coordinate.column(),
                spike.value(),
                location(coordinate),
                peak(spike.input()),
                peak(spike.output()),
                spike.contributionShare(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private List<DetectionReport.Group> groups() {
        return detection.groups().stream()
                .map(group -> new DetectionReport.Group(
                        groupNumber(group.members()), names(group.members()), effect(group.effect())))
                .toList();
    }

    private DetectionReport.Control control(Effect effect) {
        return new DetectionReport.Control(
                names(detection.controlWeights()),
                effect.meanNll(),
                effect.meanNllRise(),
                effect.perplexityRatio(),
                effect.klDivergence(),
                effect.topTokenAgreement());
    }

    private int groupNumber(Set<Coordinate> members) {
        return detection.groups().stream()
                        .map(Detection.GroupEffect::members)
                        .toList()
                        .indexOf(members)
                + 1;
    }

    private Location location(Coordinate coordinate) {
        TensorInfo tensor = checkpoint.find(coordinate.tensor()).orElseThrow();
        Linear projection = sites.of(coordinate).linear();
        return location(tensor, projection.elementIndex(coordinate.row(), coordinate.column()));
    }

    private static Location location(TensorInfo tensor, long element) {
        return new Location(
                tensor.file().getFileName().toString(),
                tensor.position(element),
                tensor.dtype().name());
    }

    private static Optional<Integer> optional(OptionalInt number) {
        return number.isPresent() ? Optional.of(number.getAsInt()) : Optional.empty();
    }

    private static List<String> names(Set<Coordinate> coordinates) {
        return coordinates.stream().map(Coordinate::toString).toList();
    }

    private static DetectionReport.Effect effect(Effect effect) {
        return new DetectionReport.Effect(
                effect.meanNll(),
                effect.meanNllRise(),
                effect.perplexityRatio(),
                effect.klDivergence(),
                effect.topTokenAgreement());
    }

    private static Peak peak(io.github.swscan.forward.Peak peak) {
        return new Peak(peak.value(), peak.sequence(), peak.position(), peak.channel());
    }
}
