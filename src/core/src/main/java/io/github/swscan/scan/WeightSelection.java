package io.github.swscan.scan;

import io.github.swscan.ablate.Targets;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointFile;
import io.github.swscan.detect.Candidate;
import io.github.swscan.detect.FoundSet;
import io.github.swscan.input.FileStamp;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.json.LatestReport;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.WeightName;
import io.github.swscan.weight.WeightNameException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Turns a ranking, or the names that the user gives, into weights of the model at hand. */
final class WeightSelection {

    private final Sites sites;
    private final Checkpoint checkpoint;

    WeightSelection(OpenModel model) {
        this.sites = Sites.of(model.architecture());
        this.checkpoint = model.checkpoint();
    }

    /**
     * Each weight, row and column once, whatever it is called.
     *
     * @throws WrongRequestException naming what the model has not
     */
    Targets named(List<String> names) {
        try {
            return Targets.of(names.stream()
                    .map(WeightName::parse)
                    .map(name -> name.target(sites, checkpoint))
                    .distinct()
                    .toList());
        } catch (WeightNameException e) {
            throw new WrongRequestException("--weight: " + e.getMessage(), e);
        }
    }

    /** The candidates of a detection, the strongest first, and the sets it found. */
    Targets detected(List<Candidate> ranking, List<FoundSet> sets, int top) {
        List<StoredWeight> weights = ranking.stream()
                .limit(top)
                .map(Candidate::coordinate)
                .map(this::stored)
                .distinct()
                .toList();
        return new Targets(
                List.copyOf(weights),
                sets.stream()
                        .map(set -> set.members().stream().map(this::stored).toList())
                        .toList());
    }

    private StoredWeight stored(Coordinate coordinate) {
        return StoredWeight.read(checkpoint, sites.of(coordinate), coordinate.row(), coordinate.column());
    }

    private record Ranked(String tensor, Optional<Integer> expert, int row, int column, float value) {
        WeightName name() {
            return new WeightName(tensor, expert.map(OptionalInt::of).orElse(OptionalInt.empty()), row, column);
        }
    }

    /**
     * The ranking of a report: its super weights, and after them the candidates that are none; and the sets it tells of.
     *
     * @throws MalformedInputException if the model is no longer the one that the report is about
     */
    Targets reported(LatestReport found, int top) {
        requireSameFiles(found);
        DetectionReport report = found.report();
        List<Ranked> ranking = Stream.concat(
                        report.superWeights().stream()
                                .map(weight -> new Ranked(
                                        weight.tensor(),
                                        weight.expert(),
                                        weight.row(),
                                        weight.column(),
                                        weight.value())),
                        report.otherSpikes().stream()
                                .filter(spike -> spike.effect().isPresent())
                                .map(spike -> new Ranked(
                                        spike.tensor(), spike.expert(), spike.row(), spike.column(), spike.value())))
                .limit(top)
                .toList();
        if (ranking.isEmpty()) {
            throw new MissingInputException(
                    found.file(),
                    "superWeights",
                    "is empty, and no other candidate is there",
                    "name one with --weight");
        }
        List<StoredWeight> weights = new ArrayList<>();
        for (Ranked ranked : ranking) {
            StoredWeight weight = reported(found, ranked.name());
            if (weight.value() != ranked.value()) {
                throw changed(found.file(), ranked.name() + " was " + ranked.value() + " and is " + weight.value());
            }
            weights.add(weight);
        }
        return new Targets(List.copyOf(weights), sets(found));
    }

    private List<List<StoredWeight>> sets(LatestReport found) {
        List<List<StoredWeight>> sets = new ArrayList<>();
        for (DetectionReport.WeightSet set : found.report().sets()) {
            List<StoredWeight> members = new ArrayList<>();
            for (String member : set.members()) {
                try {
                    members.add(reported(found, WeightName.parseCoordinate(member)));
                } catch (WeightNameException e) {
                    throw new MalformedInputException(
                            found.file(), "sets", e.getMessage(), "run 'swscan detect' again", e);
                }
            }
            sets.add(members);
        }
        return sets;
    }

    private StoredWeight reported(LatestReport found, WeightName name) {
        try {
            return name.find(sites, checkpoint);
        } catch (WeightNameException e) {
            throw changed(found.file(), e.getMessage());
        }
    }

    private void requireSameFiles(LatestReport found) {
        record NameAndSize(String name, long bytes) {}
        List<NameAndSize> files = checkpoint.files().stream()
                .map((CheckpointFile file) -> new NameAndSize(file.name(), file.bytes()))
                .toList();
        List<NameAndSize> told = found.report().model().files().stream()
                .map((ModelSummary.File file) -> new NameAndSize(file.name(), file.bytes()))
                .toList();
        if (!told.equals(files)) {
            throw changed(found.file(), "its files have other names or sizes");
        }
        for (CheckpointFile file : checkpoint.files()) {
            Instant modified = FileStamp.of(file.path()).modified().toInstant();
            // Reports tell the time to the second.
            if (!modified.isBefore(found.createdAt().plusSeconds(1))) {
                throw changed(found.file(), file.name() + " was written later");
            }
        }
    }

    private static MalformedInputException changed(Path report, String how) {
        return new MalformedInputException(
                report, "model", "the model has changed since this report: " + how, "run 'swscan detect' again");
    }
}
