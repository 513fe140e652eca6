exports.name = 'found';
