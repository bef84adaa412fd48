package directory

// Nobody is the id of the user whose computers are that belong to no person. It is in no list, nobody signs in as it, and it
// is never changed nor erased; Drover itself alone can ask for it.
const Nobody = "nobody"
