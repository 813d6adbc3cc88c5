package io.github.swscan.detect;

import io.github.swscan.architecture.Matrix;
import io.github.swscan.forward.Activations;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.DownProjection;
import io.github.swscan.forward.DownProjections;
import io.github.swscan.forward.Probe;
import io.github.swscan.forward.Reach;
import io.github.swscan.forward.RecurrenceOutput;
import io.github.swscan.forward.TokenPlace;
import io.github.swscan.weight.Coordinate;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Watches the first reading: notes peaks, finds candidates, and splits off the branches that screen them. */
final class Screening implements Probe {

    /** What is left of an input that counts as gone. */
    private static final double LEFT = 0.5;

    private final Branch original;
    private final List<Integer> screened;
    private final List<Integer> searched;
    private final PeakWatch peaks;
    private final StreamWatch stream;
    private final CandidatePool pool;
    private final Relations relations = new Relations();
    private final ScreeningBranches branches;
    private final boolean together;
    private final Map<Coordinate, Candidate.Kind> kinds = new HashMap<>();

    /**
     * @param calibration the sequences in which peaks are looked for
     * @param screened those that candidates are screened on
     * @param mostBranches how many branches there may be besides the original
     * @param together whether candidates are screened at their layers; else in a reading of their own, for layers share
     *     weights
     */
    Screening(
            Branch original,
            List<Integer> calibration,
            List<Integer> screened,
            DetectionSettings settings,
            int mostBranches,
            boolean together) {
        this.original = original;
        this.screened = screened;
        this.searched = Stream.concat(calibration.stream(), screened.stream())
                .distinct()
                .sorted()
                .toList();
        this.peaks = new PeakWatch(original, calibration, settings);
        this.stream = new StreamWatch(searched);
        this.pool = new CandidatePool(Math.min(settings.budget().candidates(), mostBranches));
        this.branches = new ScreeningBranches(original, screened, mostBranches);
        this.together = together;
    }

    PeakWatch peaks() {
        return peaks;
    }

    StreamWatch stream() {
        return stream;
    }

    CandidatePool pool() {
        return pool;
    }

    /** How a candidate of the pool relates to those of earlier layers. */
    Candidate.Kind kind(Candidate candidate) {
        return kinds.getOrDefault(candidate.coordinate(), Candidate.Kind.INDEPENDENT);
    }

    /** The groups of related candidates of the pool. */
    Map<Relations.Relation, List<Coordinate>> groups() {
        return relations.groups(pool.members());
    }

    ScreeningBranches branches() {
        return branches;
    }

    @Override
    public void visitRecurrence(RecurrenceOutput site) {
        peaks.visitRecurrence(site);
    }

    @Override
    public void visit(DownProjections site) {
        peaks.visit(site);
        Reach reach = site.reach(original);
        stream.visit(site.layer(), reach);
        List<Candidate> found = new CandidateSearch(site, original, searched, reach).candidates();
        List<Candidate> entered = pool.offer(found);
        if (entered.isEmpty() || !together) {
            return;
        }
        entered.stream()
                .collect(Collectors.groupingBy(
                        candidate -> Relations.SameColumn.of(candidate.coordinate()),
                        LinkedHashMap::new,
                        Collectors.toList()))
                .forEach((column, candidates) ->
                        relate(projection(site, column.matrix()), column.column(), candidates, reach));
        branches.update(site, entered, pool.members(), groups());
    }

    private static DownProjection projection(DownProjections site, Matrix matrix) {
        return site.projections().stream()
                .filter(projection -> projection.weight().matrix().equals(matrix))
                .findFirst()
                .orElseThrow();
    }

    /** Sees which earlier candidates the input of those of one column hangs on. */
    private void relate(DownProjection projection, int channel, List<Candidate> column, Reach reach) {
        if (branches.all().isEmpty()) {
            return;
        }
        Activations unedited = projection.activations(original, screened);
        if (unedited.tokens() == 0) {
            return;
        }
        float[] x = unedited.inputs(); // [tokens, intermediate]
        int width = x.length / unedited.tokens();
        int token = 0;
        for (int other = 1; other < unedited.tokens(); other++) {
            if (Math.abs(x[other * width + channel]) > Math.abs(x[token * width + channel])) {
                token = other;
            }
        }
        TokenPlace place = unedited.place(token);
        double limit = LEFT * Math.abs(x[token * width + channel]);
        branches.removals().forEach((removed, branch) -> {
            if (removed.size() == 1 && input(projection, branch, place, channel) < limit) {
                Coordinate earlier = removed.iterator().next();
                column.forEach(candidate -> relations.feeds(earlier, candidate.coordinate()));
            }
        });
        Branch withoutAll = branches.removals().get(branches.all());
        if (withoutAll != null && input(projection, withoutAll, place, channel) < limit) {
            for (Candidate candidate : column) {
                boolean cancels = cancels(projection, candidate, reach);
                kinds.put(candidate.coordinate(), cancels ? Candidate.Kind.CANCELLING : Candidate.Kind.DEPENDENT);
            }
        }
    }

    /** |x| of a branch at a place; 0 where another expert of a mixture sees it. */
    private double input(DownProjection projection, Branch branch, TokenPlace place, int channel) {
        Activations activations = projection.activations(branch, List.of(place.sequence()));
        OptionalInt token = activations.tokenAt(place);
        return token.isPresent() ? Math.abs(activations.input(token.getAsInt())[channel]) : 0;
    }

    /** Whether what a candidate writes makes the residual stream smaller there. */
    private boolean cancels(DownProjection projection, Candidate candidate, Reach reach) {
        Activations unedited = projection.activations(original, searched);
        TokenPlace place =
                new TokenPlace(candidate.output().sequence(), candidate.output().position());
        if (!candidate.writesStream()) {
            return false;
        }
        int row = candidate.coordinate().row();
        OptionalInt token = unedited.tokenAt(place);
        return token.isPresent()
                && Math.abs(reach.entry(place, row)) < Math.abs(projection.residual(original, place)[row]);
    }
}
