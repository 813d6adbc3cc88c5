package io.github.swscan.detect;

import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The best candidates of the layers so far. A candidate that is in the pool at the end has been in it since its layer, for
 * others only push out what is weaker. A weight that several layers read is one candidate, as it is where its score is
 * highest.
 */
final class CandidatePool {

    /** How many of those left out are kept to be named. */
    static final int NAMED = 5;

    private final int size;
    private final List<Candidate> ranked = new ArrayList<>();
    private final Set<Coordinate> offered = new HashSet<>();

    CandidatePool(int size) {
        this.size = size;
    }

    /** Takes in the candidates of a layer; returns those that are in the pool. */
    List<Candidate> offer(List<Candidate> found) {
        found.forEach(candidate -> {
            if (offered.add(candidate.coordinate()) || replacesItself(candidate)) {
                ranked.add(candidate);
            }
        });
        ranked.sort(Comparator.comparingDouble(Candidate::score).reversed());
        if (ranked.size() > size + NAMED) {
            ranked.subList(size + NAMED, ranked.size()).clear();
        }
        List<Candidate> members = members();
        return found.stream().filter(members::contains).toList();
    }

    /** Whether a weight that was offered before is to be seen at this layer, where its score is higher. */
    private boolean replacesItself(Candidate candidate) {
        boolean higher = ranked.stream()
                .filter(known -> known.coordinate().equals(candidate.coordinate()))
                .allMatch(known -> known.score() < candidate.score());
        if (higher) {
            ranked.removeIf(known -> known.coordinate().equals(candidate.coordinate()));
        }
        return higher;
    }

    /** Those in the pool, the highest score first. */
    List<Candidate> members() {
        return List.copyOf(ranked.subList(0, Math.min(size, ranked.size())));
    }

    /** How many candidates were left out. */
    int leftOut() {
        return offered.size() - members().size();
    }

    /** The best of those that were left out, the highest score first. */
    List<Candidate> strongestLeftOut() {
        return List.copyOf(ranked.subList(members().size(), ranked.size()));
    }
}
